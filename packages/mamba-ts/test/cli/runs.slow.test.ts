/** Runs of the command from beginning to end: resume, pipes, signals, samples. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { loadModel } from '../../../core/src/models/registered.ts';
import { byteLevelJson } from '../../../core/test/tokenize/fixtures.ts';
import { logOf, small, stepsOf } from '../../../core/test/train/runs.ts';
import { flags, main, ok, refused, start, workshop } from './command.ts';

const { folder, model, text } = await workshop();
const wasm = ['--backend', 'wasm', '--threads', '1'];
let runs = 0;
const newRun = () => join(folder, `run-${runs++}`);

describe('mamba-ts train', () => {
  it('resumes bit-exact', async () => {
    const [whole, parts] = [newRun(), newRun()];
    const options = [...flags(small), '--data', text];
    await ok(['train', ...options, '--out', whole]);
    await ok(['train', ...options, '--out', parts, '--stop-at', '10']);
    // The same line again, with --resume.
    await ok(['train', ...options, '--out', parts, '--resume']);
    const [a, b] = await Promise.all([whole, parts].map((out) => readFile(join(out, 'model.safetensors'))));
    expect(a.equals(b)).toBe(true);
    expect(stepsOf(await logOf(parts))).toEqual(stepsOf(await logOf(whole)));
    await refused(['train', ...options, '--out', parts], 'holds a run already. Continue it with --resume');
    await refused(['train', '--out', parts, '--resume', '--d-model', '8'], /dModel was 16 in .* and is 8 now/);
  });

  it('reads the standard input, once, and resumes without it', async () => {
    for (const tokenizer of ['byte', 'char']) {
      const out = newRun();
      const input = await readFile(text, 'utf8');
      const options = [...flags({ ...small, maxIters: 4 }), '--tokenizer', tokenizer, '--out', out];
      await ok(['train', ...options, '--data', '-', '--stop-at', '2'], { input });
      expect((await ok(['train', '--out', out, '--resume'])).stderr, tokenizer).toMatch(/done +iteration 4/);
    }
    await refused(['train', ...flags(small), '--data', '-', '--out', newRun()], 'is empty, expected text', {
      input: '',
    });
  });

  it('saves and ends on Ctrl-C', async () => {
    const out = newRun();
    const args = ['train', ...flags({ ...small, maxIters: 1_000_000, logEvery: 1 }), '--data', text, '--out', out];
    const run = start(process.execPath, [main, ...args]);
    await run.said('iter 20 ');
    run.child.kill('SIGINT');
    const { code, signal, stderr } = await run.done;
    expect({ code, signal }, stderr).toEqual({ code: 0, signal: null });
    expect(stderr).toContain('Stopping after this update and saving. Press Ctrl-C again to quit immediately.');
    const iter = Number(/^stopped +iteration (\d+)/m.exec(stderr)![1]);
    expect(iter).toBeGreaterThanOrEqual(20);
    const { stderr: rest } = await ok(['train', '--out', out, '--resume', '--stop-at', String(iter + 1)]);
    expect(rest).toContain(`resumed  at iteration ${iter}`);
  });

  it('leaves on a second Ctrl-C', async () => {
    const out = newRun();
    // An evaluation that takes minutes, in turns that a signal comes between.
    const long = { ...small, batchSize: 1, blockSize: 8, evalBatches: 1_000_000, validationFraction: 0.9 };
    const data = fileURLToPath(new URL('../../data/shakespeare.txt', import.meta.url));
    const run = start(process.execPath, [main, 'train', ...flags(long), '--data', data, '--out', out]);
    await run.said('iter 3 ');
    run.child.kill('SIGINT');
    await run.said('Stopping');
    run.child.kill('SIGINT');
    const { code } = await run.done;
    expect(code).toBe(130);
    await loadModel(out, { backend: anyBackend });
  });
});

describe('mamba-ts generate', () => {
  const generate = ['generate', '--model', model, ...wasm];

  it('writes the prompt and continues, the same for the same seed', async () => {
    const write = async (...more: string[]) =>
      (await ok([...generate, '--prompt', 'First', '--max-tokens', '40', ...more])).stdout;
    const first = await write();
    expect(first).toMatch(/^First[\s\S]{10,}\n$/);
    expect(await write()).toBe(first);
    expect(await write('--seed', '5')).not.toBe(first);
    const greedy = await write('--temperature', '0');
    expect(await write('--temperature', '0', '--seed', '5')).toBe(greedy);
    expect(await write('--top-k', '1')).toBe(greedy);
    expect(await write('--top-p', '0.0001', '--min-p', '0.5')).toBe(greedy);
    expect(await write('--temperature', '0', '--repetition-penalty', '3')).not.toBe(greedy);
  });

  it('stops before a stop string', async () => {
    const args = [...generate, '--prompt', 'First', '--max-tokens', '60'];
    const { stdout } = await ok(args);
    const stop = stdout.slice(15, 17);
    const end = stdout.indexOf(stop, 5);
    expect((await ok([...args, '--stop', stop, 'never'])).stdout).toBe(`${stdout.slice(0, end)}\n`);
  });

  it('does not mind a reader that leaves', async () => {
    const script = `"$0" "$@" | head -c 10; echo "[\${PIPESTATUS[0]}]"`;
    const args = [process.execPath, main, ...generate, '--prompt', 'First Citizen', '--max-tokens', '3000'];
    const run = start('bash', ['-c', script, ...args]);
    const { stdout, stderr } = await run.done;
    expect(stdout).toBe('First Citi[0]\n');
    expect(stderr).toBe('');
  });

  it('ends on Ctrl-C', async () => {
    const run = start(process.execPath, [main, ...generate, '--max-tokens', '100000000']);
    let written = '';
    await new Promise<void>((resolve) => {
      run.child.stdout.on('data', (piece) => {
        written += piece;
        if (written.length > 50) resolve();
      });
    });
    run.child.kill('SIGINT');
    const { code, signal, stdout } = await run.done;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout.endsWith('\n')).toBe(true);
  });
});

describe('mamba-ts eval', () => {
  it('takes a tokenizer of its own', async () => {
    const file = join(folder, 'tokenizer.json');
    await writeFile(file, JSON.stringify(byteLevelJson()));
    const out = newRun();
    await ok(['train', ...flags({ ...small, maxIters: 2, tokenizer: file }), '--data', text, '--out', out]);
    const args = ['eval', '--data', text, '--json', ...wasm, '--tokenizer', file];
    const { tokens, bytes } = JSON.parse((await ok([...args, '--model', out])).stdout);
    expect(bytes).toBeGreaterThan(tokens);
    await refused([...args, '--model', model], /token 2\d\d at row \d+, position \d+, expected 0 to 255/);
  });
});
