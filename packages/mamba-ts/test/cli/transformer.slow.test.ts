import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mamba, ok, refused, workshop } from './command.ts';

const { folder, text } = await workshop();
const wasm = ['--backend', 'wasm', '--threads', '1'];

it('mamba-ts trains a Transformer, tells of its cache and writes with it', async () => {
  const out = join(folder, 'transformer');
  const train = ['train', '--model', 'transformer', '--preset', 'tiny', '--data', text, ...wasm, '--max-iters', '4'];
  await ok([
    ...train,
    '--out',
    out,
    '--d-model',
    '16',
    '--num-heads',
    '2',
    '--num-kv-heads',
    '1',
    '--max-length',
    '80',
  ]);
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
    ...{ model_type: 'llama', hidden_size: 16, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 8 },
  });
  // Two layers, keys and values of one head of 8 channels, until 80 tokens.
  const step = 2 * 2 * 8 * 4;
  const info = async (...args: string[]) => (await ok(['info', '--model', out, ...args])).stdout;
  expect(JSON.parse(await info('--json')).stateBytesAt).toEqual({ 80: 80 * step });
  await refused(
    ['info', '--model', out, '--length', '81'],
    'info: --length is 81, expected at most 80, the maxLength of the model',
  );
  expect(JSON.parse(await info('--json', '--length', '50'))).toMatchObject({ stateBytes: 50 * step });
  // Each further step: q·k and p·v of two heads of 8 channels, in two layers; two FLOPs a multiply-add.
  const flops = JSON.parse(await info('--json')).flopsPerTokenAt;
  const short = JSON.parse(await info('--json', '--length', '50'));
  expect(flops[80] - short.flopsPerToken).toBe(30 * 2 * 2 * (2 * 16));
  expect(await info('--length', '64')).toMatch(/^FLOPs a token +[\d,]+, the last of 64 tokens$/m);
  expect(await info('--length', '64')).toMatch(/^state and cache +8\.0 KiB a sequence of 64 tokens$/m);
  const write = (n: number) => ['generate', '--model', out, '--prompt', 'ROMEO:', '--max-tokens', String(n), ...wasm];
  expect((await ok(write(8))).stdout.length).toBeGreaterThan(0);
  await refused(write(100), 'generate: 6 tokens to read and 100 to generate, expected at most maxLength = 80 in total');
  expect((await ok(write(75))).stdout.length, 'the last token is not read').toBeGreaterThan(0);
  const { code, stderr } = await mamba(['info', '--model', out, '--length', '0']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Expected a whole number ≥ 1.') });
  await refused(
    [...train, '--out', join(folder, 'no'), '--num-heads', '3'],
    'numHeads is 3, expected a divisor of dModel',
  );
  // Said before anything is written: the next try finds an empty folder.
  const long = [...train, '--out', join(folder, 'no'), '--block-size', '90', '--max-length', '80'];
  for (const _ of [1, 2])
    await refused(long, 'the longest sequence to read has 90 steps, expected at most maxLength = 80');
  await refused([...train, '--out', join(folder, 'no'), '--carry-state'], 'maxLength = 2048');

  const windowed = join(folder, 'windowed');
  await ok([
    ...train,
    '--out',
    windowed,
    '--d-model',
    '16',
    '--num-heads',
    '2',
    '--window',
    '32',
    '--max-length',
    '80',
  ]);
  const forever = ['generate', '--model', windowed, '--prompt', 'ROMEO:', '--max-tokens', '100', ...wasm];
  expect((await ok(forever)).stdout.length).toBeGreaterThan(0);
  await ok([...train, '--out', join(folder, 'null'), '--d-model', '16', '--num-heads', '2', '--window', 'null']);
});
