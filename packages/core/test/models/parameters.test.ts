/** Names, shapes and first values of the parameters, against mamba_ssm/modules/mamba_simple.py. */
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';

/** What state_dict() of MambaLMHeadModel lists, the tied lm_head aside. */
function officialShapes(dModel: number, nLayer: number): [string, number[]][] {
  const dInner = 2 * dModel;
  const dtRank = Math.ceil(dModel / 16);
  const layer = (i: number): [string, number[]][] => {
    const at = `backbone.layers.${i}`;
    return [
      [`${at}.mixer.A_log`, [dInner, 16]],
      [`${at}.mixer.D`, [dInner]],
      [`${at}.mixer.in_proj.weight`, [2 * dInner, dModel]],
      [`${at}.mixer.conv1d.weight`, [dInner, 1, 4]],
      [`${at}.mixer.conv1d.bias`, [dInner]],
      [`${at}.mixer.x_proj.weight`, [dtRank + 32, dInner]],
      [`${at}.mixer.dt_proj.weight`, [dInner, dtRank]],
      [`${at}.mixer.dt_proj.bias`, [dInner]],
      [`${at}.mixer.out_proj.weight`, [dModel, dInner]],
      [`${at}.norm.weight`, [dModel]],
    ];
  };
  return [
    ['backbone.embedding.weight', [50280, dModel]],
    ...Array.from({ length: nLayer }, (_, i) => layer(i)).flat(),
    ['backbone.norm_f.weight', [dModel]],
  ];
}

describe.each([
  ['mamba-130m', 768, 24, 129_135_360],
  ['mamba-370m', 1024, 48, 371_516_416],
  ['mamba-790m', 1536, 48, 793_204_224],
  ['mamba-1.4b', 2048, 48, 1_372_178_432],
  ['mamba-2.8b', 2560, 64, 2_768_345_600],
])('%s', (_, dModel, nLayer, parameters) => {
  const shape = { d_model: dModel, n_layer: nLayer, vocab_size: 50277, ssm_cfg: {}, rms_norm: true };
  const model = declareModel(
    readConfig({ ...shape, residual_in_fp32: true, fused_add_norm: true, pad_vocab_size_multiple: 8 }),
  );

  it('has the official names and shapes', () => {
    const sorted = (list: [string, readonly number[]][]) => list.sort(([a], [b]) => (a < b ? -1 : 1));
    const got = model.tree.list().map(({ name, shape }): [string, readonly number[]] => [name, shape]);
    expect(sorted(got)).toEqual(sorted(officialShapes(dModel, nLayer)));
    expect(model.tree.count()).toBe(parameters);
  });
});

const names = (config: Record<string, unknown>, decay: boolean) =>
  declareModel(configOf({ dModel: 8, nLayer: 1, vocabSize: 8, ...config }))
    .tree.list()
    .filter((parameter) => parameter.decay === decay)
    .map(({ name }) => name.replace('backbone.layers.0.', ''))
    .sort();

describe('parameters', () => {
  it('decay, save those of the official list: A_log, D, every norm and every bias', () => {
    const config = { bias: true, rmsNorm: false, tieEmbeddings: false };
    expect(names(config, false)).toEqual([
      'backbone.norm_f.bias',
      'backbone.norm_f.weight',
      'mixer.A_log',
      'mixer.D',
      'mixer.conv1d.bias',
      'mixer.dt_proj.bias',
      'mixer.in_proj.bias',
      'mixer.out_proj.bias',
      'norm.bias',
      'norm.weight',
    ]);
    expect(names(config, true)).toEqual([
      'backbone.embedding.weight',
      'lm_head.weight',
      'mixer.conv1d.weight',
      'mixer.dt_proj.weight',
      'mixer.in_proj.weight',
      'mixer.out_proj.weight',
      'mixer.x_proj.weight',
    ]);
  });

  it.each([
    [{}, ['conv1d.bias', 'dt_proj.bias']],
    [{ convBias: false }, ['dt_proj.bias']],
    [{ bias: true }, ['conv1d.bias', 'dt_proj.bias', 'in_proj.bias', 'out_proj.bias']],
  ])('have the biases that the config says: %j', (config, want) => {
    const biases = names(config, false).filter((name) => name.startsWith('mixer.') && name.endsWith('bias'));
    expect(biases).toEqual(want.map((name) => `mixer.${name}`));
  });

  it('do not list a head that is tied', () => {
    expect(names({ tieEmbeddings: true }, true)).not.toContain('lm_head.weight');
  });
});

describe('first values', () => {
  const [dModel, nLayer, dState] = [64, 4, 16];
  const [dInner, dtRank] = [128, 4];
  const made = createModel(
    { dModel, nLayer, dState, vocabSize: 500, bias: true, dtMin: 0.002, dtMax: 0.05 },
    { backend: anyBackend, seed: 5 },
  );
  const layers = async (name: string) => {
    const { parameters } = await made;
    return Array.from({ length: nLayer }, (_, i) => parameters[`backbone.layers.${i}.mixer.${name}`].read());
  };

  /** Uniform in ±bound: the extremes come near it, the mean and the spread are its. */
  function expectUniform(all: Float32Array[], bound: number) {
    for (const values of all) {
      const n = values.length;
      const mean = values.reduce((a, b) => a + b) / n;
      const spread = Math.sqrt(values.reduce((a, b) => a + b * b, 0) / n);
      const sigma = bound / Math.sqrt(3);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
      expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.97 * bound);
      expect(Math.abs(mean)).toBeLessThan((5 * sigma) / Math.sqrt(n));
      expect(Math.abs(spread / sigma - 1)).toBeLessThan(4 / Math.sqrt(n));
    }
  }

  it('A_log is log 1 … N for every channel, D is 1', async () => {
    const want = Float32Array.from({ length: dInner * dState }, (_, i) => Math.log((i % dState) + 1));
    for (const values of await layers('A_log')) expectIdentical(values, want, 'A_log');
    for (const values of await layers('D')) expectIdentical(values, new Float32Array(dInner).fill(1), 'D');
  });

  it('dt_proj.bias is the inverse softplus of steps that are log-uniform in [dtMin, dtMax]', async () => {
    for (const values of await layers('dt_proj.bias')) {
      const steps = Array.from(values, (x) => Math.log1p(Math.exp(x)));
      expect(Math.min(...steps)).toBeGreaterThan(0.002 * (1 - 1e-3));
      expect(Math.max(...steps)).toBeLessThan(0.05 * (1 + 1e-3));
      const [low, high] = [Math.log(0.002), Math.log(0.05)];
      const mean = steps.reduce((sum, dt) => sum + Math.log(dt), 0) / steps.length;
      expect(Math.abs(mean - (low + high) / 2)).toBeLessThan((5 * (high - low)) / Math.sqrt(12 * dInner));
    }
  });

  it('dtInitFloor is the least step', async () => {
    const floor = { dtMin: 1e-3, dtMax: 1e-2, dtInitFloor: 5e-3 };
    const model = await createModel({ dModel, nLayer: 1, vocabSize: 8, ...floor }, { backend: anyBackend });
    const steps = model.parameters['backbone.layers.0.mixer.dt_proj.bias'].read().map((x) => Math.log1p(Math.exp(x)));
    expect(Math.abs(Math.min(...steps) - 5e-3)).toBeLessThan(1e-6);
    expect(steps.filter((dt) => Math.abs(dt - 5e-3) < 1e-6).length).toBeGreaterThan(40);
  });

  it('weights are uniform as torch has them, out_proj divided by the root of the number of layers', async () => {
    expectUniform(await layers('in_proj.weight'), dModel ** -0.5);
    expectUniform(await layers('x_proj.weight'), dInner ** -0.5);
    expectUniform(await layers('dt_proj.weight'), dtRank ** -0.5);
    expectUniform(await layers('conv1d.weight'), 4 ** -0.5);
    expectUniform(await layers('conv1d.bias'), 4 ** -0.5);
    expectUniform(await layers('out_proj.weight'), dInner ** -0.5 / Math.sqrt(nLayer));
  });

  it('biases of linear maps are 0, norms are 1, the embedding is normal with deviation 0.02', async () => {
    for (const name of ['in_proj.bias', 'out_proj.bias']) {
      for (const values of await layers(name)) expect(values.every((x) => x === 0)).toBe(true);
    }
    const { parameters } = await made;
    for (const name of ['backbone.norm_f.weight', 'backbone.layers.3.norm.weight']) {
      expect(parameters[name].read().every((x) => x === 1)).toBe(true);
    }
    const embedding = parameters['backbone.embedding.weight'].read();
    const deviation = Math.sqrt(embedding.reduce((sum, x) => sum + x * x, 0) / embedding.length);
    expect(Math.abs(deviation / 0.02 - 1)).toBeLessThan(0.02);
    const beyond = embedding.filter((x) => Math.abs(x) > 0.04).length / embedding.length;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.005);
  });

  it("dtInit 'constant' fills dt_proj.weight with dtScale / √dtRank", async () => {
    const config = { dModel, nLayer: 1, vocabSize: 8, dtInit: 'constant', dtScale: 0.5 };
    const model = await createModel(configOf(config), { backend: anyBackend });
    const values = model.parameters['backbone.layers.0.mixer.dt_proj.weight'].read();
    expect(new Set(values)).toEqual(new Set([0.25]));
  });

  it('are the same for the same seed and others for another', async () => {
    const config = { dModel: 16, nLayer: 2, vocabSize: 20 };
    const of = async (seed: number) => (await createModel(config, { backend: anyBackend, seed })).parameters;
    const [first, again, other] = [await of(1), await of(1), await of(2)];
    for (const name of Object.keys(first)) expectIdentical(again[name].read(), first[name].read(), name);
    const random = Object.keys(first).filter((name) => !/A_log|\.D$|norm/.test(name));
    expect(random.length).toBe(1 + 2 * 7);
    for (const name of random) expect(other[name].read(), name).not.toEqual(first[name].read());
    const [a, b] = [0, 1].map((i) => first[`backbone.layers.${i}.mixer.in_proj.weight`].read());
    expect(a, 'layers differ').not.toEqual(b);
  });
});
