import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ok, refused, workshop } from './command.ts';

const { folder, text } = await workshop();
const wasm = ['--backend', 'wasm', '--threads', '1'];

it('mamba-ts trains an RWKV-4, tells of it and writes with it', async () => {
  const out = join(folder, 'rwkv4');
  const { stderr } = await ok([
    'train',
    ...['--model', 'rwkv4', '--preset', 'tiny', '--data', text, '--out', out, '--d-model', '16', '--d-ffn', '40'],
    ...['--max-iters', '4', ...wasm],
  ]);
  expect(stderr).toMatch(/^model +rwkv4, [\d,]+ parameters: dModel 16, 2 layers, vocabulary 256$/m);
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
    ...{ model_type: 'rwkv4', n_embd: 16, n_layer: 2, vocab_size: 256, dim_att: 'auto', dim_ffn: 40 },
  });
  const info = JSON.parse((await ok(['info', '--model', out, '--json'])).stdout);
  // Two blocks of five rows of 16 floats.
  expect(info).toMatchObject({ stateBytes: 2 * 5 * 16 * 4, config: { model: 'rwkv4', dFfn: 40 } });
  const { stdout } = await ok(['generate', '--model', out, '--prompt', 'ROMEO:', '--max-tokens', '8', ...wasm]);
  expect(stdout.length).toBeGreaterThan(0);
  await refused(
    ['train', '--model', 'rwkv4', '--rms-norm', 'true', '--data', text, '--out', join(folder, 'no')],
    'rmsNorm is true, expected false: RWKV-4 has LayerNorm',
  );
  await refused(
    ['train', '--model', 'rwkv4', '--d-state', '8', '--data', text, '--out', join(folder, 'no')],
    "train: the model 'rwkv4' has no dState. It belongs to mamba,",
  );
});
