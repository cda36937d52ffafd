import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ok, refused, workshop } from './command.ts';

const { folder, text } = await workshop();
const wasm = ['--backend', 'wasm', '--threads', '1'];
const short = ['--preset', 'tiny', '--data', text, '--max-iters', '3', '--d-model', '16', ...wasm];
const settings = { mamba2: { headDim: 8, dState: 8 } };

it('mamba-ts trains a hybrid by flags, tells of it and writes with it', async () => {
  const out = join(folder, 'flags');
  await ok([
    ...['train', '--model', 'hybrid', '--mixers', 'mamba2,s4d', '--settings', JSON.stringify(settings)],
    ...['--out', out, ...short],
  ]);
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
    ...{ d_model: 16, n_layer: 2, ssm_cfg: { layer: 'Hybrid', mixers: ['mamba2', 's4d'], settings } },
  });
  const { stdout } = await ok(['info', '--model', out]);
  expect(stdout).toMatch(/^mixers +\["mamba2","s4d"\]$/m);
  expect(stdout).toMatch(/^settings +\{"mamba2":\{"headDim":8,"dState":8\}\}$/m);
  const written = await ok(['generate', '--model', out, '--prompt', 'ROMEO:', '--max-tokens', '8', ...wasm]);
  expect(written.stdout.length).toBeGreaterThan(0);
});

it('mamba-ts trains one by a config file, and an inner layer by a flag', async () => {
  const config = join(folder, 'hybrid.json');
  await writeFile(config, JSON.stringify({ model: 'hybrid', mixers: ['mamba2', 'h3'], settings }));
  const out = join(folder, 'file');
  await ok(['train', '--config', config, '--out', out, ...short]);
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8')).ssm_cfg.settings).toEqual(settings);
  const inner = join(folder, 'inner');
  await ok(['train', '--model', 'mamba', '--inner', 's4d', '--out', inner, ...short]);
  expect(JSON.parse(await readFile(join(inner, 'config.json'), 'utf8')).ssm_cfg.inner).toBe('s4d');
});

it('mamba-ts trains a model with attention layers by flags', async () => {
  const out = join(folder, 'attention');
  const cfg = { num_heads: 4, causal: true, rotary_emb_dim: 4 };
  const flags = ['--attn-layer-idx', '1', '--attn-cfg', JSON.stringify(cfg)];
  await ok(['train', '--model', 'mamba', ...flags, '--out', out, ...short]);
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
    ...{ attn_layer_idx: [1], attn_cfg: cfg, ssm_cfg: { layer: 'Mamba1' } },
  });
  await refused(
    ['train', '--model', 'mamba', '--attn-layer-idx', '0,,1', '--out', join(folder, 'no'), ...short],
    'attnLayerIdx is "0,,1", expected a list of the blocks, from 0',
  );
  await refused(
    ['train', '--model', 'mamba', '--attn-layer-idx', '0,2', '--out', join(folder, 'no'), ...short],
    'attnLayerIdx[1] is 2, expected a block below nLayer = 2',
  );
});

it.each([
  [[], 'mixers is missing, expected the mixers of the blocks in order'],
  [['--mixers', 'mamba2,s5'], "mixers[1] is 's5', expected one of"],
  [
    ['--mixers', 'mamba2', '--settings', '{"mamba2": 5'],
    'settings is "{\\"mamba2\\": 5", expected an object of fields',
  ],
  [
    ['--mixers', 'mamba2', '--settings', '{"mamba2": {"headDim": 7}}'],
    'settings.mamba2: headDim is 7, expected a divisor',
  ],
])('mamba-ts train refuses %j', async (flags, message) => {
  await refused(['train', '--model', 'hybrid', ...flags, '--out', join(folder, 'no'), ...short], message);
});
