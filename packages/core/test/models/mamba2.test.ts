/** Mamba-2: the f64 loops, names and shapes, configs, training. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { uniforms } from '../../../../test/support/random.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel, loadModel } from '../../src/models/registered.ts';
import { folderWith } from './folder.ts';
import { logitsOf } from './mamba2Reference.ts';
import { expectTruth } from './truth.ts';
import { vividModel } from './vivid.ts';

const V = 24;
const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};
const small = { model: 'mamba2', vocabSize: V, dModel: 16, headDim: 8, dState: 6 };

describe.each(backends)('mamba2 on $name', ({ backend }) => {
  it.each([
    {},
    { nGroups: 2 },
    { nGroups: 2, gatedNormOver: 'whole' },
    { nGroups: 4, normBeforeGate: true },
    { gatedRmsNorm: false },
    { bias: true, convBias: false, tieEmbeddings: false, dConv: 2 },
    { expand: 3, headDim: 12 },
  ])('equals the f64 loops and has the gradients that differences have: %j', async (config) => {
    const model = await vividModel(backend, { ...small, ...config });
    expectTruth(model, (weights, tokens) => logitsOf(weights, model, tokens), 19);
  });
});

describe('the state', () => {
  it('looks as the official one: conv (B, convDim, dConv), ssm (B, H, P, N), and can be saved', async () => {
    const model = await createModel(configOf({ ...small, nLayer: 1, nGroups: 2 }), { backend: anyBackend });
    const { state } = model.forward(tokensOf(1, [20, 20]));
    const tensors = state.tensors();
    expect(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))).toEqual({
      'layers.0.conv': [2, 32 + 2 * 2 * 6, 4],
      'layers.0.ssm': [2, 4, 8, 6],
    });
    const again = (await model.loadState(await state.save())).tensors();
    for (const [name, tensor] of Object.entries(tensors)) expectClose(again[name].read(), tensor.read(), 0, name);
  });
});

/** What state_dict() of MambaLMHeadModel lists, the tied lm_head aside. */
function officialShapes(dModel: number, nLayer: number): [string, number[]][] {
  const [dInner, heads] = [2 * dModel, (2 * dModel) / 64];
  const convDim = dInner + 2 * 128;
  const layer = (i: number): [string, number[]][] => {
    const at = `backbone.layers.${i}`;
    return [
      [`${at}.mixer.dt_bias`, [heads]],
      [`${at}.mixer.A_log`, [heads]],
      [`${at}.mixer.D`, [heads]],
      [`${at}.mixer.in_proj.weight`, [2 * dInner + 2 * 128 + heads, dModel]],
      [`${at}.mixer.conv1d.weight`, [convDim, 1, 4]],
      [`${at}.mixer.conv1d.bias`, [convDim]],
      [`${at}.mixer.norm.weight`, [dInner]],
      [`${at}.mixer.out_proj.weight`, [dModel, dInner]],
      [`${at}.norm.weight`, [dModel]],
    ];
  };
  return [
    ['backbone.embedding.weight', [50288, dModel]],
    ...Array.from({ length: nLayer }, (_, i) => layer(i)).flat(),
    ['backbone.norm_f.weight', [dModel]],
  ];
}

it.each([
  ['mamba2-130m', 768, 24],
  ['mamba2-370m', 1024, 48],
  ['mamba2-780m', 1536, 48],
  ['mamba2-1.3b', 2048, 48],
  ['mamba2-2.7b', 2560, 64],
])('%s has the official names and shapes', (_, dModel, nLayer) => {
  const json = { d_model: dModel, n_layer: nLayer, vocab_size: 50277, ssm_cfg: { layer: 'Mamba2' }, rms_norm: true };
  const config = readConfig({
    ...json,
    d_intermediate: 0,
    attn_layer_idx: [],
    attn_cfg: {},
    pad_vocab_size_multiple: 16,
  });
  const sorted = (list: [string, readonly number[]][]) => list.sort(([a], [b]) => (a < b ? -1 : 1));
  const got = declareModel(config)
    .tree.list()
    .map(({ name, shape }): [string, readonly number[]] => [name, shape]);
  expect(sorted(got)).toEqual(sorted(officialShapes(dModel, nLayer)));
});

describe('a config', () => {
  const official = { d_model: 32, n_layer: 2, vocab_size: 62, rms_norm: true };

  it('is read in both spellings and written in the official one', () => {
    const ssm_cfg = { layer: 'Mamba2', d_state: 8, headdim: 16, ngroups: 2, chunk_size: 64, A_init_range: [1, 8] };
    const config = readConfig({ ...official, ssm_cfg });
    const aInitRange = [1, 8];
    expect(config).toMatchObject({ model: 'mamba2', dState: 8, headDim: 16, nGroups: 2, chunkSize: 64, aInitRange });
    expect(readConfig(JSON.parse(configText(declareModel(config))))).toEqual(config);
    const huggingface = { hidden_size: 32, num_hidden_layers: 2, vocab_size: 64, state_size: 8, head_dim: 16 };
    const more = { n_groups: 2, num_heads: 4, time_step_limit: [0, null], rms_norm: true };
    const other = readConfig({ model_type: 'mamba2', ...huggingface, ...more });
    expect(other).toMatchObject({
      model: 'mamba2',
      dModel: 32,
      dState: 8,
      headDim: 16,
      nGroups: 2,
      gatedRmsNorm: true,
    });
    expect(other.gatedNormOver, 'Hugging Face norms the whole width').toBe('whole');
  });

  it('has the defaults of the official module', () => {
    expect(configOf({ model: 'mamba2', dModel: 64, nLayer: 1, vocabSize: 8 })).toMatchObject({
      ...{ dState: 128, dConv: 4, expand: 2, headDim: 64, nGroups: 1, aInitRange: [1, 16], dtMin: 0.001, dtMax: 0.1 },
      ...{ dtInitFloor: 1e-4, gatedRmsNorm: true, normBeforeGate: false, convBias: true, bias: false, chunkSize: 256 },
    });
  });

  it.each([
    [{ headdim: 24 }, 'config: headDim is 24, expected a divisor of 64, the dInner of expand 2 × dModel 32.'],
    [{ headdim: 16, ngroups: 3 }, 'config: nGroups is 3, expected a divisor of 4, the heads of 16 of 64 channels.'],
    [{ D_has_hdim: true }, 'config: dPerChannel is true, expected false'],
    [{ A_init_range: [2, 1] }, 'config: aInitRange is [2, 1], expected two numbers above 0'],
    [{ dt_rank: 4 }, "config.json: ssm_cfg has an unknown key 'dt_rank'"],
  ])('is refused with %j', (wrong, message) => {
    expect(() => declareModel(readConfig({ ...official, ssm_cfg: { layer: 'Mamba2', ...wrong } }))).toThrow(message);
  });

  it("of Hugging Face is read with Python's Infinity in it", async () => {
    const base = {
      model_type: 'mamba2',
      hidden_size: 16,
      num_hidden_layers: 1,
      vocab_size: 24,
      tie_word_embeddings: true,
    };
    const config = { ...base, head_dim: 8, num_heads: 4, state_size: 6, time_step_limit: [0, null] };
    const model = await createModel(configOf({ ...small, nLayer: 1, padVocabSizeMultiple: 1 }), {
      backend: anyBackend,
    });
    const tensors = model.tree.list().map(({ name, shape, value }) => ({
      name: name.replace('embedding.', 'embeddings.'),
      shape: [...shape],
      data: value.read(),
    }));
    const folder = await folderWith({ config, tensors });
    await writeFile(join(folder, 'config.json'), JSON.stringify(config).replace('[0,null]', '[0.0, Infinity]'));
    const loaded = await loadModel(folder, { backend: anyBackend });
    expect(loaded.config.gatedNormOver).toBe('whole');
    const [row] = tokensOf(1, [9]);
    expectClose(loaded.forward([row]).logits.read(), model.forward([row]).logits.read(), 0, 'logits');
  });

  it('of Hugging Face is refused where its heads or its limit differ', () => {
    const base = { model_type: 'mamba2', hidden_size: 32, num_hidden_layers: 2, vocab_size: 64, head_dim: 16 };
    const make = (more: object) => () => declareModel(readConfig({ ...base, ...more }));
    expect(make({ num_heads: 5 })).toThrow('config: numHeads is 5, expected 4, the dInner of 64 by headDim 16.');
    expect(make({ num_heads: 4, time_step_limit: [0.01, 0.1] })).toThrow('config: dtLimit is [0.01, 0.1], expected');
  });

  it('starts A uniform in its range, and steps log-uniform in theirs', async () => {
    const model = await createModel(configOf({ ...small, dModel: 256, nLayer: 1, headDim: 1 }), {
      backend: anyBackend,
    });
    const values = (name: string) => model.parameters[`backbone.layers.0.mixer.${name}`].read();
    const A = Array.from(values('A_log'), Math.exp);
    expect(Math.min(...A)).toBeGreaterThan(0.99);
    expect(Math.max(...A)).toBeLessThan(16.01);
    expect(Math.abs(A.reduce((a, b) => a + b) / A.length - 8.5)).toBeLessThan(1);
    const steps = Array.from(values('dt_bias'), (x) => Math.log1p(Math.exp(x)));
    expect(Math.min(...steps)).toBeGreaterThan(0.00099);
    expect(Math.max(...steps)).toBeLessThan(0.101);
    const mean = steps.reduce((sum, dt) => sum + Math.log(dt), 0) / steps.length;
    expect(Math.abs(mean - Math.log(0.01))).toBeLessThan(0.3);
    expect(values('D').every((x) => x === 1)).toBe(true);
    const decaying = model.tree.list().filter(({ decay }) => decay);
    expect(decaying.map(({ name }) => name.split('.').slice(-2).join('.'))).toEqual([
      'embedding.weight',
      'in_proj.weight',
      'conv1d.weight',
      'out_proj.weight',
    ]);
  });
});
