import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { loadModel } from '../../../core/src/models/registered.ts';
import { goldenFolder } from '../../../core/test/models/folder.ts';
import { logOf, small } from '../../../core/test/train/runs.ts';
import { verbs } from '../../src/cli/verbs.ts';
import { flags, main, mamba, ok, refused, start, workshop } from './command.ts';

const { folder, model, text } = await workshop();
const wasm = ['--backend', 'wasm', '--threads', '1'];
let runs = 0;
const newRun = () => join(folder, `run-${runs++}`);

describe('mamba-ts', () => {
  it('lists its commands, and its version', async () => {
    const { stdout } = await ok(['--help']);
    const known = Object.assign({}, ...Object.values(verbs));
    expect(Object.keys(known)).toHaveLength(13);
    for (const name of Object.keys(known)) expect(stdout).toContain(`  ${name} `);
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await ok(['--version'])).stdout.trim()).toBe(version);
  });

  it('shows the flags of a verb in both ways to ask for help', async () => {
    const { stdout } = await ok(['help', 'generate']);
    expect(stdout).toContain('--max-tokens <n>');
    expect((await ok(['generate', '--help'])).stdout).toBe(stdout);
  });

  it('writes choices and defaults of flags in one way', async () => {
    const { stdout } = await ok(['forecast', '--help']);
    const help = stdout.replace(/\s+/g, ' ');
    expect(help).toContain('--threads <n> threads. Default: every core.');
    expect(help).toContain('03/04/2024 is read: dmy or mdy');
    expect(help).toContain('combined: mean, sum, first or last. Default: they are refused.');
    expect(help).toContain('between fields: , ; | or tab');
    expect((await ok(['generate', '--help'])).stdout).toContain('0 is greedy. Default: 0.8.');
  });

  it('ends without an error when the reader closes the pipe', async () => {
    const { child, done } = start(process.execPath, [main, 'info', '--model', goldenFolder, '--tensors']);
    child.stdout.destroy();
    expect(await done).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    [['trian'], "unknown command 'trian'"],
    [['train', '--data', text, '--batchsize', '3'], "unknown option '--batchsize'"],
    [['generate'], "required option '--model <folder>' not specified"],
    [['eval', '--model', model], "required option '--data <path>' not specified"],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await mamba(args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });
});

describe('mamba-ts train', () => {
  it('takes every fixed flag, prints what differs from the defaults and one line an update', async () => {
    const out = newRun();
    const { stdout, stderr } = await ok([
      'train',
      ...['--data', text, '--out', out, '--model', 'mamba', '--preset', 'tiny', '--backend', 'wasm', '--seed', '7'],
      ...['--d-model', '16', '--n-layer', '1', '--batch-size', '2', '--block-size', '32', '--max-iters', '6'],
      ...['--stop-at', '3', '--learning-rate', '0.002', '--log-every', '1'],
    ]);
    const options = { seed: 7, dModel: 16, nLayer: 1, batchSize: 2, blockSize: 32, maxIters: 6, learningRate: 0.002 };
    expect(JSON.parse(await readFile(join(out, 'train.json'), 'utf8'))).toMatchObject({ ...options, preset: 'tiny' });
    const [line] = /^options {2}.*$/m.exec(stderr) ?? [''];
    for (const [name, value] of Object.entries(options)) expect(line).toContain(`${name} ${value}`);
    expect(line).not.toContain('weightDecay');
    expect(line).toContain(`; all are in ${join(out, 'train.json')}`);
    expect(
      stderr.match(
        /^iter \d+ \| loss \d\.\d+ \|( val \S+ bits\/byte \|)? lr [\d.e-]+ \| norm [\d.]+ \| [\d,]+ tokens\/s \| \S+ left$/gm,
      ),
    ).toHaveLength(3);
    expect(stderr).toMatch(/^model +mamba, [\d,]+ parameters: dModel 16, 1 layers, vocabulary 256$/m);
    expect(stderr).toMatch(/^data +.*play\.txt: 10,800 tokens to train on, 1,200 to validate$/m);
    expect(stderr).toMatch(/^memory +about [\d.]+ [KM]iB for a step of 2 × 32 tokens$/m);
    expect(stderr).toMatch(/^stopped +iteration 3 after .*bits\/byte$/m);
    expect(stderr).toContain(`--out ${out} --resume`);
    expect(stdout).toBe('');
    const { stderr: rest } = await ok(['train', '--out', out, '--resume']);
    expect(rest).toContain('resumed  at iteration 3');
    expect(rest).toMatch(/^done +iteration 6/m);
  });

  it('goes by flags over the file over the preset', async () => {
    const [file, out] = [join(folder, 'config.json'), newRun()];
    const config = { preset: 'tiny', data: text, out, backend: 'wasm', batchSize: 3, dModel: 24, stopAt: 1 };
    await writeFile(file, JSON.stringify(config));
    await ok(['train', '--config', file, '--d-model', '16', '--carry-state']);
    expect(JSON.parse(await readFile(join(out, 'train.json'), 'utf8'))).toMatchObject({
      dModel: 16,
      batchSize: 3,
      nLayer: 2,
      blockSize: 64,
      carryState: true,
    });
    expect((await logOf(out)).filter(({ kind }) => kind === 'step').map(({ iter }) => iter)).toEqual([1]);
    await writeFile(file, JSON.stringify({ out, resume: true, stopAt: 2 }));
    expect((await ok(['train', '--config', file])).stderr).toMatch(/resumed +at iteration 1[\s\S]*iteration 2 after/);
  });

  it.each([
    [['--out', 'x'], 'train: data is missing, expected the path of a file or folder'],
    [['--data', text], 'train: out is missing, expected the folder of the run, e.g. --out runs/play.'],
    [['--data', '/nowhere', '--out', 'x'], 'data: there is no /nowhere. Check the path.'],
    [['--preset', 'tinny'], /unknown preset 'tinny'.*Did you mean 'tiny'/],
    [['--batch-size', 'many'], 'train: batchSize is "many", expected a whole number'],
    [['--learning-rate', '-1'], 'train: learningRate is -1, expected a number above 0'],
    [['--carry-state', 'maybe'], 'train: carryState is "maybe", expected true or false'],
    [['--stop-at', 'soon'], 'train: stopAt is NaN, expected a whole number'],
    [['--backend', 'cuda'], `train: backend is "cuda", expected 'auto' or 'native' or 'wasm'`],
    [['--threads', '0'], 'train: threads is 0, expected a whole number'],
    [['--threads', '10000'], 'openBackend: threads is 10000, expected a whole number from 1 to 64'],
    [['--d-conv', '9'], 'config: dConv is 9, expected a whole number from 1 to 8'],
    [['--model', 'gpt'], "unknown model 'gpt', expected one of 'mamba', 'mamba2'"],
    [['--config', '/nowhere.json'], '/nowhere.json cannot be read (ENOENT)'],
    [['--resume', '--out', 'nothing'], 'This folder holds no run to resume: check the path, or start a new run.'],
  ])('refuses %j', async (args, message) => {
    const cwd = newRun();
    await mkdir(cwd);
    const given = args.includes('--out') || args.includes('--data') ? [] : ['--data', text, '--out', 'x'];
    await refused(['train', ...given, ...args], message, { cwd });
  });

  it.each([
    ['{', 'is not JSON'],
    ['[1]', 'is not an object, expected e.g. {"dModel": 64}'],
    ['null', 'is not an object'],
    ['{"learning_rate": 1}', "unknown option 'learning_rate'. Did you mean 'learningRate'?"],
  ])('refuses the config file %j', async (content, message) => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, content);
    await refused(['train', '--config', file, '--data', text, '--out', newRun()], message);
  });
});

describe('mamba-ts generate', () => {
  it('writes the prompt and continues it', async () => {
    const args = ['generate', '--model', model, ...wasm, '--prompt', 'First', '--max-tokens', '40'];
    expect((await ok(args)).stdout).toMatch(/^First[\s\S]{10,}\n$/);
  });

  it.each([
    [['--model', '/nowhere'], '/nowhere/config.json cannot be read (ENOENT). Give the folder of a checkpoint.'],
    [['--model', goldenFolder], 'tokenizer.json cannot be read (ENOENT)'],
    [['--model', goldenFolder, '--tokenizer', join(model, 'tokenizer.json')], 'token 73 at row 0'],
    [['--tokenizer', text], `${text} is not JSON`],
    [['--prompt', ''], 'generate: the prompt has no tokens'],
    [['--max-tokens', '-1'], 'generate: maxTokens is -1, expected a whole number ≥ 0'],
    [['--max-tokens', 'x'], 'generate: maxTokens is NaN'],
    [['--temperature', '-1'], 'generate: temperature is -1'],
    [['--top-k', '0'], 'generate: topK is 0'],
    [['--top-p', '2'], 'generate: topP is 2'],
    [['--seed', '1.5'], 'seed is 1.5'],
    [['--backend', 'webgpu'], 'there is no WebGPU backend in this version'],
    [['--threads', '0'], 'threads is 0, expected a whole number from 1 to 64'],
  ])('refuses %j', async (args, message) => {
    const given = args.includes('--prompt') ? [] : ['--prompt', 'I'];
    await refused(['generate', '--model', model, ...given, ...args], message);
  });

  it('refuses a character that the vocabulary has not', async () => {
    const out = newRun();
    await ok(['train', ...flags({ ...small, maxIters: 1, tokenizer: 'char' }), '--data', text, '--out', out]);
    await refused(['generate', '--model', out, '--prompt', 'a€'], '"€" (U+20AC) at position 1 is not one of');
  });
});

describe('mamba-ts eval', () => {
  it('measures a model', async () => {
    const args = ['eval', '--model', model, '--data', text, '--block-size', '100', '--batch-size', '4', ...wasm];
    const result = JSON.parse((await ok([...args, '--json'])).stdout);
    expect(result.tokens).toBe(11_900);
    expect(result.bytes).toBe(11_900);
    expect(result.loss).toBeLessThan(5);
    expect(result.bitsPerByte).toBeCloseTo(result.loss / Math.LN2, 8);
    expect(result.perplexity).toBeCloseTo(Math.exp(result.loss), 6);
    const { stdout } = await ok(args);
    expect(stdout).toContain(`loss        ${result.loss.toFixed(4)} nats/token`);
    expect(stdout).toContain(`bits/byte   ${result.bitsPerByte.toFixed(4)}`);
    expect(stdout).toContain(`perplexity  ${result.perplexity.toFixed(3)}`);
    expect(stdout).toContain('read        11,900 tokens, 11,900 bytes');
    const piped = await ok([...args, '--json', '--data', '-'], { input: await readFile(text, 'utf8') });
    expect(JSON.parse(piped.stdout)).toEqual(result);
    const some = JSON.parse((await ok([...args, '--json', '--batches', '2'])).stdout);
    expect(some.tokens).toBe(800);
  });

  it.each([
    [['--data', '/nowhere'], 'there is no /nowhere'],
    [['--batch-size', 'x'], 'batchSize is NaN, expected a whole number ≥ 1'],
    [['--block-size', '0'], 'blockSize is 0, expected a whole number ≥ 1'],
    [['--block-size', '100000'], 'Give more data or a blockSize of at most 11999'],
    [['--batches', '0'], 'batches is 0, expected a whole number'],
    [['--model', '/nowhere'], '/nowhere/config.json cannot be read'],
  ])('refuses %j', async (args, message) => {
    await refused(['eval', '--model', model, '--data', text, ...wasm, ...args], message);
  });
});

describe('mamba-ts info', () => {
  it('lists parameters, state and cost of a model', async () => {
    const args = ['info', '--model', goldenFolder, '--batch-size', '4', '--block-size', '32'];
    const facts = JSON.parse((await ok([...args, '--json', '--tensors'])).stdout);
    const golden = await loadModel(goldenFolder, { backend: anyBackend });
    expect(facts.config).toEqual(golden.config);
    const shapes = Object.entries(golden.parameters).map(([name, { shape }]) => ({ name, shape: [...shape] }));
    expect(facts.tensors).toEqual(shapes);
    const parameters = shapes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    expect(facts).toMatchObject({
      parameters,
      weightBytes: 4 * parameters,
      stateBytes: golden.forward([[1]]).state.bytes,
    });
    // 64 × 32 for the head; a layer: 128 × 32, 34 × 64, 64 × 2, 32 × 64, 64 × 4 for the convolution, 64 × 16 × 5.
    const layer = 128 * 32 + 34 * 64 + 64 * 2 + 32 * 64 + 64 * 4 + 64 * 4 + 64 * 16 * 5;
    expect(Math.abs(facts.flopsPerToken / (2 * (64 * 32 + 3 * layer)) - 1)).toBeLessThan(0.02);
    const { stdout } = await ok([...args, '--tensors']);
    expect(stdout).toMatch(/^dModel +32$/m);
    expect(stdout).toMatch(/^parameters +[\d,]+ \(\d+ KiB in f32\)$/m);
    expect(stdout).toMatch(/^state +15 KiB a sequence, whatever its length$/m);
    expect(stdout).toMatch(/^memory for training +about .* at 4 × 32 tokens$/m);
    expect(stdout).toMatch(/^backbone\.layers\.2\.mixer\.conv1d\.weight {2}64 × 1 × 4$/m);
    expect((await ok(args)).stdout).not.toContain('conv1d.weight');
  });

  it('refuses a folder without a checkpoint', async () => {
    await refused(['info', '--model', '/nowhere'], '/nowhere/config.json cannot be read (ENOENT). Give the folder');
    const broken = newRun();
    await mkdir(broken);
    await writeFile(join(broken, 'config.json'), '{"d_model": ');
    await refused(['info', '--model', broken], 'config.json is not JSON');
    await writeFile(join(broken, 'config.json'), '{}');
    await refused(['info', '--model', broken], "neither 'd_model' (official) nor 'hidden_size'");
    const { code, stderr } = await mamba(['info', '--model', model, '--batch-size', 'x']);
    expect(stderr).toContain("option '--batch-size <n>' argument 'x' is invalid. Expected a whole number ≥ 1.");
    expect(code).toBe(2);
  });
});

describe('mamba-ts doctor', () => {
  it('says which backends run, and how fast', async () => {
    const { stdout } = await ok(['doctor', '--threads', '1']);
    expect(stdout).toMatch(/^node +v\d+/m);
    expect(stdout).toMatch(/^native +(ok|no): \S.*$/m);
    expect(stdout).toMatch(
      /^wasm +ok: WebAssembly.*\n +\d+ GFLOP\/s in matrix products \(peak \d+\), reads \d+ GB\/s$/m,
    );
    expect(stdout).toMatch(/^webgpu +no: there is no WebGPU backend/m);
    expect(stdout).toMatch(/^auto +takes (native|wasm)$/m);
  });

  it('says if no backend runs', async () => {
    const noMemory = 'data:text/javascript,WebAssembly.Memory = class { constructor() { throw new Error("none"); } }';
    const env = { ...process.env, CXX: '/no/compiler' };
    const { child, done } = start(process.execPath, ['--import', noMemory, main, 'doctor'], { env });
    child.stdin.end();
    const { code, stdout } = await done;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^native +no: no C\+\+ compiler works here/m);
    expect(stdout).toMatch(/^wasm +no: this runtime has no shared WebAssembly memory/m);
    expect(stdout).toMatch(/^auto +has nothing to take$/m);
  });

  it('refuses a number of threads that no backend can have', async () => {
    for (const threads of ['0', '1.5', 'two']) {
      await refused(['doctor', '--threads', threads], /threads is \S+, expected a whole number from 1 to 64\./);
    }
  });
});

describe('mamba-ts play', () => {
  it('trains on Shakespeare, keeps the model, writes a scene and says what is next', async () => {
    const cwd = newRun();
    await mkdir(cwd);
    const { stdout, stderr } = await ok(['play', '--seconds', '1'], { cwd });
    expect(stdout).toMatch(/^ROMEO:\n[\s\S]{100,}\n$/);
    expect(stderr).toMatch(/Trained \d+ updates in 0:0\d\..*: \d\.\d{3} bits per byte\./);
    expect(stderr).toContain('npx mamba-ts generate --model runs/play --prompt "JULIET:"');
    await loadModel(join(cwd, 'runs/play'), { backend: anyBackend });
    expect(JSON.parse(await readFile(join(cwd, 'runs/play/train.json'), 'utf8'))).toMatchObject({
      preset: 'play',
      maxSeconds: 1,
      dModel: 128,
    });
  });
});
