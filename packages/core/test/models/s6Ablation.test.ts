/** S6 with a choice of what is selective, in the Mamba block and in the H3 block. */
import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import { logitsOf } from './s6AblationReference.ts';
import { VOCAB as V } from './tiny.ts';
import { expectTruth, tokensOf } from './truth.ts';
import { vividModel } from './vivid.ts';

const variants = [
  { selects: 'none' },
  { selects: 'B' },
  { selects: 'C' },
  { selects: 'delta' },
  { selects: 'A,B,C', aRank: 3 },
  { selects: 'A,delta,B,C' },
  { selects: 'delta,B,C', deltaPerState: true },
  { selects: 'A,delta,B,C', aRank: 1, deltaPerState: true },
];
const cells = ['mamba', 'h3'].flatMap((model) => variants.map((variant) => ({ model, ...variant })));
const small = { vocabSize: V, dState: 3, expand: 2, dConv: 3, dtRank: 2, inner: 'selective' };

describe.each(backends)('on $name', ({ backend }) => {
  it.each(cells)('%j equals the f64 loops, gradients included', async (cell) => {
    const model = await vividModel(backend, { ...small, ...cell });
    expectTruth(model, (weights, tokens) => logitsOf(model, weights, tokens));
  });

  it.each([
    { selects: 'A,delta,B,C', deltaPerState: false },
    { selects: 'delta,B,C', deltaPerState: true },
  ])('%j is S6 where nothing is made of what it adds', async (variant) => {
    const [plain, other] = await Promise.all(
      [{}, variant].map((one) => vividModel(backend, { ...small, ...one, model: 'mamba', nLayer: 1 })),
    );
    const rank = 2;
    const D = 40;
    for (const [name, tensor] of Object.entries(other.parameters)) {
      const from = plain.parameters[name]?.read();
      if (name.endsWith('a_proj.weight')) tensor.write(new Float32Array(tensor.size));
      else if (name.endsWith('x_proj.weight')) tensor.write(Float32Array.from(tensor.read(), (x, i) => from[i] ?? x));
      else if (name.includes('dt_proj')) tensor.write(tensor.read().map((_, i) => from[i % from.length]));
      else tensor.write(from);
    }
    expect(plain.parameters['backbone.layers.0.mixer.dt_proj.weight'].shape).toEqual([D, rank]);
    const tokens = tokensOf(3, [40]);
    expectClose(other.forward(tokens).logits.read(), plain.forward(tokens).logits.read(), 2e-5, 'logits');
  });

  it('starts S6 from the same weights as ever', async () => {
    const config = { vocabSize: V, dModel: 20, nLayer: 1 };
    const [plain, spelt] = await Promise.all(
      [config, { ...config, selects: 'delta,B,C' }].map((one) => createModel(one, { backend, seed: 5 })),
    );
    expect(Object.keys(spelt.parameters)).toEqual(Object.keys(plain.parameters));
    const tokens = tokensOf(4, [9]);
    expect(spelt.forward(tokens).logits.read()).toEqual(plain.forward(tokens).logits.read());
  });
});

describe('the config', () => {
  const base = { vocabSize: 10, dModel: 16, nLayer: 2 };
  it.each(cells)('%j is written and read again', (cell) => {
    const config = configOf({ ...base, inner: 'selective', ...cell });
    expect(readConfig(JSON.parse(configText(declareModel(config))))).toEqual(config);
  });

  it('writes what the official code does not know only where it is asked for', () => {
    const { ssm_cfg: plain } = JSON.parse(configText(declareModel(configOf(base))));
    for (const key of ['selects', 'a_rank', 'delta_per_state']) expect(plain).not.toHaveProperty(key);
    const { ssm_cfg } = JSON.parse(
      configText(declareModel(configOf({ ...base, selects: 'A', deltaPerState: true, aRank: 2 }))),
    );
    expect(ssm_cfg).toMatchObject({ selects: 'A', a_rank: 2, delta_per_state: true });
  });

  it.each(['delta,C,B', 'delta,delta', 'D', '', 'B,'])('refuses to select %j', (selects) => {
    expect(() => configOf({ ...base, selects })).toThrow(
      `selects is "${selects}", expected some of A, delta, B, C in this order, separated by commas, or 'none'`,
    );
  });

  it('gives what is not selective parameters', () => {
    const mixer = (given: object) =>
      declareModel(configOf({ ...base, nLayer: 1, dState: 6, ...given }))
        .tree.list()
        .filter(({ name }) => name.includes('.mixer.') && !/in_proj|out_proj|conv1d/.test(name))
        .map(({ name, shape, decay }) => [name.slice(24), shape, decay]);
    expect(mixer({ selects: 'none' })).toEqual([
      ['A_log', [32, 6], false],
      ['D', [32], false],
      ['dt_proj.bias', [32], false],
      ['B', [32, 6], false],
      ['C', [32, 6], false],
    ]);
    expect(mixer({ selects: 'A,delta,B', aRank: 3, dtRank: 2, deltaPerState: true })).toEqual([
      ['A_log', [32, 6], false],
      ['D', [32], false],
      ['x_proj.weight', [2 + 6 + 3, 32], true],
      ['dt_proj.weight', [192, 2], true],
      ['dt_proj.bias', [192], false],
      ['a_proj.weight', [192, 3], true],
      ['C', [32, 6], false],
    ]);
  });
});
