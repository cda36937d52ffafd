/** Hybrids: equal to their parts, and any pattern is written, read and checked. */
import { describe, expect, it } from 'vitest';
import { configJson, createModel } from '../../src/models/checkpoint.ts';
import { LanguageModel } from '../../src/models/languageModel.ts';
import { configOf, readConfig } from '../../src/models/registry.ts';
import { norm } from '../../src/ops/index.ts';
import type { Array64 } from '../reference/array.ts';
import { embedding } from '../reference/embedding.ts';
import { linear } from '../reference/linear.ts';
import { norm as norm64 } from '../reference/norm.ts';
import { s4d } from '../reference/s4d.ts';
import { backends } from '../support/backends.ts';
import { expectClose, expectIdentical } from '../support/compare.ts';
import { blockOf } from './ablationReference.ts';
import type { Weights } from './reference.ts';
import { VOCAB as V } from './tiny.ts';
import { expectTruth, tokensOf } from './truth.ts';
import { vividModel } from './vivid.ts';

const sizes = { vocabSize: V, dModel: 20, nLayer: 2 };
const settings: Record<string, Record<string, unknown>> = {
  mamba: { dState: 4 },
  mamba2: { headDim: 8, dState: 8 },
  s4d: { dState: 4 },
  s4: { dState: 4 },
  h3: { inner: 's4', dState: 4 },
};
const hybrid = (mixers: string[], more: Record<string, unknown> = {}) => ({
  ...sizes,
  model: 'hybrid',
  mixers,
  settings: Object.fromEntries([...new Set(mixers)].map((name) => [name, settings[name] ?? {}])),
  ...more,
});

describe.each(backends)('hybrids on $name', ({ backend }) => {
  it.each(Object.keys(settings))('of %s alone are that family', async (model) => {
    const family = await createModel({ ...sizes, model, ...settings[model], dIntermediate: 40 }, { backend, seed: 2 });
    const same = await createModel(hybrid([model], { dIntermediate: 40 }), { backend, seed: 2 });
    expect(Object.keys(same.parameters)).toEqual(Object.keys(family.parameters));
    const tokens = tokensOf(1, [12, 5]);
    expectIdentical(same.forward(tokens).logits.read(), family.forward(tokens).logits.read());
    expect(same.stateFields).toEqual(family.stateFields);
    expect(same.flopsPerToken).toBe(family.flopsPerToken);
  });

  it('of rwkv4 alone are RWKV-4 after the norm of its embedding', async () => {
    const family = await vividModel(backend, { model: 'rwkv4', vocabSize: V, dModel: 20 });
    const same = await createModel(
      hybrid(['rwkv4'], { rmsNorm: false, tieEmbeddings: false, padVocabSizeMultiple: 1 }),
      { backend },
    );
    const from = family.parameters;
    const names: [RegExp, string][] = [
      [/^backbone.layers/, 'blocks'],
      [/^backbone.norm_f/, 'ln_out'],
      [/^backbone.embedding/, 'emb'],
      [/^lm_head/, 'head'],
    ];
    for (const [name, tensor] of Object.entries(same.parameters)) {
      tensor.write(from[names.reduce((one, [ours, theirs]) => one.replace(ours, theirs), name)].read());
    }
    const table = norm(from['emb.weight'], from['blocks.0.ln0.weight'], {
      bias: from['blocks.0.ln0.bias'],
      eps: 1e-5,
      centred: true,
    });
    same.parameters['backbone.embedding.weight'].write(table.y.read());
    const tokens = tokensOf(1, [12, 5]);
    expectClose(same.forward(tokens).logits.read(), family.forward(tokens).logits.read(), 2e-5);
  });

  it('of three are the composition of their parts, gradients included', async () => {
    const mixers = ['mamba', 'h3', 's4d'];
    const model = await vividModel(backend, hybrid(mixers, { nLayer: 3 }));
    const truth = (weights: Weights, tokens: readonly number[][]): Array64 => {
      const normed = (name: string, x: Array64, residual?: Array64) =>
        norm64({ x, residual, weight: weights[`backbone.${name}.weight`] }, 1e-5, false);
      const at = (i: number) => (name: string) => weights[`backbone.layers.${i}.mixer.${name}`];
      const last = Object.entries(weights).filter(([name]) => name.startsWith('backbone.layers.2.mixer.'));
      const ids = Int32Array.from(tokens.flat());
      const x = embedding(weights['backbone.embedding.weight'], ids, [tokens.length, tokens[0].length]);
      const first = normed('layers.0.norm', x);
      const second = normed('layers.1.norm', blockOf('mamba', 'selective', at(0), first.y), first.sum);
      const third = normed('layers.2.norm', blockOf('h3', 's4', at(1), second.y), second.sum);
      const out = s4d(third.y, Object.fromEntries(last.map(([name, value]) => [name.slice(24), value])));
      return linear(normed('norm_f', out, third.sum).y, weights['backbone.embedding.weight']);
    };
    expectTruth(model, truth);
  });
});

describe('the config of a hybrid', () => {
  const given = hybrid(['mamba2', 'mamba2', 's4d', 'rwkv4'], { nLayer: 6, dIntermediate: 40 });

  it('is written and read again, and repeats its mixers', () => {
    const config = configOf(given);
    const json = JSON.parse(configJson(config));
    expect(json.ssm_cfg).toEqual({ layer: 'Hybrid', mixers: given.mixers, settings: given.settings });
    expect(readConfig(json)).toEqual(config);
    const names = new LanguageModel(config).tree.list().map(({ name }) => name);
    const blocks = Array.from({ length: 6 }, (_, i) => {
      const mine = names.filter((name) => name.startsWith(`backbone.layers.${i}.`)).map((name) => name.slice(18));
      if (mine.includes('mixer.dt_bias')) return 'mamba2';
      if (mine.includes('mixer.kernel.log_dt')) return 's4d';
      // RWKV-4 brings its second layer itself.
      return mine.includes('att.time_decay') && !mine.some((name) => name.startsWith('mlp')) ? 'rwkv4' : mine;
    });
    expect(blocks).toEqual(['mamba2', 'mamba2', 's4d', 'rwkv4', 'mamba2', 'mamba2']);
    expect(names).toContain('backbone.layers.2.mlp.fc1.weight');
  });

  it.each([
    [
      { mixers: undefined },
      'config: mixers is missing, expected the mixers of the blocks in order, repeated over nLayer',
    ],
    [{ mixers: [] }, 'config: mixers is [], expected the mixers'],
    [{ mixers: ['mamba2', 'mama'] }, "config: mixers[1] is 'mama', expected one of 'mamba', 'mamba2'"],
    [{ mixers: ['mama'] }, "Did you mean 'mamba'?"],
    [{ mixers: ['hybrid'] }, "config: mixers[0] is 'hybrid', expected one of"],
    [{ mixers: ['constructor'] }, "config: mixers[0] is 'constructor'"],
    [{ nLayer: 3 }, 'config: mixers names 4 blocks, expected at most nLayer, 3. Leave some out, or set nLayer.'],
    [{ settings: [] }, 'config: settings is [], expected an object of fields for each mixer'],
    [{ settings: { mamba2: 8 } }, 'config: settings is {"mamba2":8}, expected an object of fields'],
    [
      { settings: { mamba: {} } },
      "config: settings has 'mamba', expected one of the mixers, 'mamba2', 's4d', 'rwkv4'. Did you mean 'mamba2'?",
    ],
    [
      { settings: { mamba2: settings.mamba2, s4d: { dstate: 4 } } },
      "config: settings.s4d: unknown key 'dstate' for the model 's4d'. Did you mean 'dState'?",
    ],
    [
      { settings: { mamba2: settings.mamba2, s4d: { dState: 5 } } },
      'config: settings.s4d: dState is 5, expected an even whole number ≥ 2',
    ],
    [
      { settings: { mamba2: settings.mamba2, s4d: { dModel: 8 } } },
      'config: settings.s4d has dModel, which all mixers share. Set dModel of the hybrid.',
    ],
    [{ settings: { mamba2: { headDim: 7 } } }, 'config: settings.mamba2: headDim is 7, expected a divisor of 40'],
    [{ headDim: 32 }, "config: unknown key 'headDim' for the model 'hybrid'"],
    [
      { mixers: ['mamba'], settings: { mamba: { inner: 's4', dState: 3 } } },
      'config: settings.mamba: dState is 3, expected an even',
    ],
  ])('is refused with %j', (wrong, message) => {
    expect(() => configOf({ ...given, ...wrong })).toThrow(message);
  });
});
