/** Mamba-3: the f64 loops, names and shapes, configs, first values. */
import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import { logitsOf } from './mamba3Reference.ts';
import { expectTruth } from './truth.ts';
import { vividModel } from './vivid.ts';

const small = { model: 'mamba3', vocabSize: 24, dModel: 16, headDim: 8, dState: 6 };

describe.each(backends)('mamba3 on $name', ({ backend }) => {
  it.each([
    {},
    { nGroups: 2, ropeFraction: 1, outProjNorm: true },
    { dState: 10, headDim: 4, nGroups: 4, aFloor: 0.8, tieEmbeddings: false },
    { mimo: true, mimoRank: 3, nGroups: 2 },
    { mimo: true, mimoRank: 2, ropeFraction: 1, outProjNorm: true, expand: 3, headDim: 12 },
    { mimo: true, mimoRank: 1 },
  ])('equals the f64 loops and has the gradients that differences have: %j', async (config) => {
    const model = await vividModel(backend, { ...small, ...config });
    expectTruth(model, (weights, tokens) => logitsOf(weights, model, tokens), 19);
  });
});

it.each([
  [{}, 1, [1, 4, 6]],
  [{ mimo: true, mimoRank: 3 }, 1, [3, 4, 6]],
])('the state looks as the official one and can be saved: %j', async (config, S, k) => {
  const model = await createModel(configOf({ ...small, nLayer: 1, ...config }), { backend: anyBackend });
  const { state } = model.forward([[...Array(20).keys()], [...Array(20).keys()]]);
  const tensors = state.tensors();
  expect(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))).toEqual({
    'layers.0.angle': [2, 4, S],
    'layers.0.ssm': [2, 4, 8, 6],
    'layers.0.k': [2, ...k],
    'layers.0.v': [2, 4, 8],
  });
  const again = (await model.loadState(await state.save())).tensors();
  for (const [name, tensor] of Object.entries(tensors)) expectClose(again[name].read(), tensor.read(), 0, name);
});

/**
 * What state_dict() of MambaLMHeadModel lists, the tied lm_head aside, for the two published checkpoints.
 *
 * No checkpoint was read for this table. Names and shapes follow from mamba_ssm/modules/mamba3.py, block.py
 * and mlp.py; the sizes are those of the checkpoints' config.json as swfsql/burn-mamba-example repeats them:
 * 12 layers of 768, the 128,256 tokens of Llama 3.1, MLPs of 1536 and of 1264, which the module makes 1280.
 * Of the SISO file others report its count, 186,849,600, and its mixers' shapes (AdityaP9116/ARMHackathon,
 * apps/mamba3_lm/block.py); of the MIMO one nothing more was found.
 */
function officialShapes(rank: number, mlp: number, mimo: boolean): [string, number[]][] {
  const [dModel, dInner, heads, dState] = [768, 1536, 24, 128];
  const inProj = 2 * dInner + 2 * dState * rank + 3 * heads + 32;
  const layer = (i: number): [string, number[]][] => {
    const at = `backbone.layers.${i}`;
    return [
      [`${at}.mixer.dt_bias`, [heads]],
      [`${at}.mixer.B_bias`, [heads, rank, dState]],
      [`${at}.mixer.C_bias`, [heads, rank, dState]],
      [`${at}.mixer.B_norm.weight`, [dState]],
      [`${at}.mixer.C_norm.weight`, [dState]],
      ...(mimo ? ['x', 'z', 'o'] : []).map((one): [string, number[]] => [`${at}.mixer.mimo_${one}`, [heads, rank, 64]]),
      [`${at}.mixer.D`, [heads]],
      [`${at}.mixer.in_proj.weight`, [inProj, dModel]],
      [`${at}.mixer.out_proj.weight`, [dModel, dInner]],
      [`${at}.norm.weight`, [dModel]],
      [`${at}.norm2.weight`, [dModel]],
      [`${at}.mlp.fc1.weight`, [2 * mlp, dModel]],
      [`${at}.mlp.fc2.weight`, [dModel, mlp]],
    ];
  };
  return [
    ['backbone.embedding.weight', [128256, dModel]],
    ...Array.from({ length: 12 }, (_, i) => layer(i)).flat(),
    ['backbone.norm_f.weight', [dModel]],
  ];
}

it.each([
  ['mamba3-siso-187m', { is_mimo: false, chunk_size: 64 }, 1536, 186_849_600, officialShapes(1, 1536, false)],
  ['mamba3-mimo-187m', { is_mimo: true, mimo_rank: 4, chunk_size: 16 }, 1264, undefined, officialShapes(4, 1280, true)],
])('%s has the official names and shapes', (_, cfg, d_intermediate, count, want) => {
  const ssm_cfg = { layer: 'Mamba3', d_state: 128, headdim: 64, ngroups: 1, rope_fraction: 0.5, ...cfg };
  const config = readConfig({
    ...{ d_model: 768, n_layer: 12, vocab_size: 128256, d_intermediate, pad_vocab_size_multiple: 16, rms_norm: true },
    ...{ attn_layer_idx: [], attn_cfg: {}, ssm_cfg: { ...ssm_cfg, is_outproj_norm: false } },
  });
  const { tree } = declareModel(config);
  const sorted = (list: [string, readonly number[]][]) => list.sort(([a], [b]) => (a < b ? -1 : 1));
  const got = tree.list().map(({ name, shape }): [string, readonly number[]] => [name, shape]);
  expect(sorted(got)).toEqual(sorted(want));
  if (count !== undefined) expect(tree.count()).toBe(count);
});

describe('a config', () => {
  const official = { d_model: 32, n_layer: 2, vocab_size: 62, rms_norm: true };

  it('is read and written in the official spelling', () => {
    const ssm_cfg = {
      layer: 'Mamba3',
      d_state: 8,
      headdim: 16,
      ngroups: 2,
      is_mimo: true,
      mimo_rank: 3,
      A_floor: 0.01,
    };
    const config = readConfig({ ...official, ssm_cfg: { ...ssm_cfg, rope_fraction: 1, is_outproj_norm: true } });
    expect(config).toMatchObject({
      ...{ model: 'mamba3', dState: 8, headDim: 16, nGroups: 2, mimo: true, mimoRank: 3, aFloor: 0.01 },
      ...{ ropeFraction: 1, outProjNorm: true },
    });
    expect(readConfig(JSON.parse(configText(declareModel(config))))).toEqual(config);
  });

  it('has the defaults of the official module', () => {
    expect(configOf({ model: 'mamba3', dModel: 64, nLayer: 1, vocabSize: 8 })).toMatchObject({
      ...{ dState: 128, expand: 2, headDim: 64, nGroups: 1, ropeFraction: 0.5, dtMin: 0.001, dtMax: 0.1 },
      ...{ dtInitFloor: 1e-4, aFloor: 1e-4, outProjNorm: false, mimo: false, mimoRank: 4, chunkSize: 64 },
    });
  });

  it.each([
    [{ headdim: 24 }, 'config: headDim is 24, expected a divisor of 64, the dInner of expand 2 × dModel 32.'],
    [{ headdim: 16, ngroups: 3 }, 'config: nGroups is 3, expected a divisor of 4, the heads of 16 of 64 channels.'],
    [{ d_state: 7 }, 'config: dState is 7, expected an even number: B and C are rotated in pairs.'],
    [{ d_state: 2 }, 'config: dState is 2, expected at least 4 with ropeFraction 0.5: a pair must be rotated.'],
    [{ rope_fraction: 0.25 }, 'config: ropeFraction is 0.25, expected 0.5 or 1.'],
    [{ mimo_rank: 0 }, 'config: mimoRank is 0, expected a whole number from 1 to 16.'],
    [{ is_mimo: true, mimo_rank: 17 }, 'config: mimoRank is 17, expected a whole number from 1 to 16.'],
    [{ A_floor: -1 }, 'config: aFloor is -1, expected a number above 0.'],
    [{ d_conv: 4 }, "config.json: ssm_cfg has an unknown key 'd_conv'"],
  ])('is refused with %j', (wrong, message) => {
    const ssm_cfg = { layer: 'Mamba3', headdim: 16, d_state: 8, ...wrong };
    expect(() => declareModel(readConfig({ ...official, ssm_cfg }))).toThrow(message);
  });

  it('makes the first values of the official module', async () => {
    const config = { ...small, dModel: 256, nLayer: 1, headDim: 2, mimo: true, mimoRank: 4, outProjNorm: true };
    const model = await createModel(configOf(config), { backend: anyBackend });
    const values = (name: string) => model.parameters[`backbone.layers.0.mixer.${name}`].read();
    for (const name of ['D', 'B_bias', 'C_bias', 'mimo_z', 'B_norm.weight', 'C_norm.weight', 'norm.weight']) {
      expect(new Set(values(name)), name).toEqual(new Set([1]));
    }
    for (const name of ['mimo_x', 'mimo_o']) expect(new Set(values(name)), name).toEqual(new Set([0.25]));
    const steps = Array.from(values('dt_bias'), (x) => Math.log1p(Math.exp(x)));
    expect(Math.min(...steps)).toBeGreaterThan(0.00099);
    expect(Math.max(...steps)).toBeLessThan(0.101);
    const mean = steps.reduce((sum, dt) => sum + Math.log(dt), 0) / steps.length;
    expect(Math.abs(mean - Math.log(0.01))).toBeLessThan(0.3);
    const decaying = model.tree.list().filter(({ decay }) => decay);
    expect(decaying.map(({ name }) => name.split('.').slice(-2).join('.'))).toEqual([
      'embedding.weight',
      'mixer.mimo_x',
      'mixer.mimo_z',
      'mixer.mimo_o',
      'in_proj.weight',
      'out_proj.weight',
    ]);
  });
});
