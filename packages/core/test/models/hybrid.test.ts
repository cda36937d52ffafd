/** Hybrids: equal to their parts, and any pattern is written, read and checked. */
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import { attention, rotary } from '../../../../test/reference/attention.ts';
import { causalConv1d } from '../../../../test/reference/causalConv1d.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm as norm64 } from '../../../../test/reference/norm.ts';
import { s4d } from '../../../../test/reference/s4d.ts';
import { columns } from '../../../../test/reference/shape.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import { norm } from '../../src/ops/index.ts';
import { blockOf } from './s6AblationReference.ts';
import { VOCAB as V } from './tiny.ts';
import { expectTruth, tokensOf } from './truth.ts';
import { vividModel } from './vivid.ts';

const sizes = { vocabSize: V, dModel: 20, nLayer: 2 };
const settings: Record<string, Record<string, unknown>> = {
  mamba: { dState: 4 },
  mamba2: { headDim: 8, dState: 8 },
  mamba3: { headDim: 8, dState: 8 },
  s4d: { dState: 4 },
  s4: { dState: 4 },
  h3: { inner: 's4', dState: 4 },
  attention: { numHeads: 4, numHeadsKv: 2, rotaryEmbDim: 4, dConv: 3 },
  transformer: { numHeads: 5, numKvHeads: 1 },
};
/** The attention of `settings` as official configs have it. */
const attnCfg = { num_heads: 4, num_heads_kv: 2, rotary_emb_dim: 4, d_conv: 3, causal: true };
const hybrid = (mixers: string[], more: Record<string, unknown> = {}) => ({
  ...sizes,
  model: 'hybrid',
  mixers,
  settings: Object.fromEntries([...new Set(mixers)].map((name) => [name, settings[name] ?? {}])),
  ...more,
});

describe.each(backends)('hybrids on $name', ({ backend }) => {
  it.each(['mamba', 'mamba2', 'mamba3', 's4d', 's4', 'h3'])('of %s alone are that family', async (model) => {
    const family = await createModel(configOf({ ...sizes, model, ...settings[model], dIntermediate: 40 }), {
      backend,
      seed: 2,
    });
    const same = await createModel(configOf(hybrid([model], { dIntermediate: 40 })), { backend, seed: 2 });
    expect(Object.keys(same.parameters)).toEqual(Object.keys(family.parameters));
    const tokens = tokensOf(1, [12, 5]);
    expectIdentical(same.forward(tokens).logits.read(), family.forward(tokens).logits.read());
    expect(same.stateFields).toEqual(family.stateFields);
    expect(same.flopsPerToken).toBe(family.flopsPerToken);
  });

  it('of attention are the official ones with an attn_layer_idx', async () => {
    const given = { ...sizes, ...settings.mamba, nLayer: 3, attnCfg, dIntermediate: 40 };
    const official = await createModel({ ...given, attnLayerIdx: [0, 2] }, { backend, seed: 2 });
    const same = await createModel(configOf(hybrid(['attention', 'mamba'], { nLayer: 3, dIntermediate: 40 })), {
      backend,
      seed: 2,
    });
    const shapes = ({ parameters }: LanguageModel) =>
      Object.entries(parameters).map(([name, { shape }]) => [name, shape]);
    expect(shapes(same)).toEqual(shapes(official));
    expect(shapes(same)).toContainEqual(['backbone.layers.0.mixer.in_proj.weight', [40, 20]]);
    const tokens = tokensOf(1, [12, 5]);
    expectIdentical(same.forward(tokens).logits.read(), official.forward(tokens).logits.read());
  });

  it.each([
    {
      model: 'rwkv4',
      names: { blocks: 'blocks', finalNorm: 'ln_out', embedding: 'emb', head: 'head' },
      more: { rmsNorm: false, padVocabSizeMultiple: 1, tieEmbeddings: false },
    },
    {
      model: 'transformer',
      names: { blocks: 'model.layers', finalNorm: 'model.norm', embedding: 'model.embed_tokens', head: 'lm_head' },
      more: { normEpsilon: 1e-6, padVocabSizeMultiple: 1, tieEmbeddings: false },
    },
  ])('of $model alone are that family under other names', async ({ model, names, more }) => {
    const family = await vividModel(backend, { ...sizes, model, ...settings[model] });
    const same = await createModel(configOf(hybrid([model], more)), { backend });
    const from = family.parameters;
    for (const [name, tensor] of Object.entries(same.parameters)) {
      const theirs = name
        .replace('backbone.layers', names.blocks)
        .replace('backbone.norm_f', names.finalNorm)
        .replace('backbone.embedding', names.embedding)
        .replace('lm_head', names.head);
      tensor.write(from[theirs].read());
    }
    if (model === 'rwkv4') {
      // A hybrid has no norm after its embedding.
      const bias = from['blocks.0.ln0.bias'];
      const { y } = norm(from['emb.weight'], from['blocks.0.ln0.weight'], { bias, eps: 1e-5, centred: true });
      same.parameters['backbone.embedding.weight'].write(y.read());
    }
    const tokens = tokensOf(1, [12, 5]);
    expectClose(same.forward(tokens).logits.read(), family.forward(tokens).logits.read(), 2e-5);
  });

  it('are the composition of their parts, gradients included', async () => {
    const mixers = ['mamba', 'h3', 'attention', 's4d'];
    const model = await vividModel(backend, hybrid(mixers, { nLayer: 4 }));
    const parts = [
      (at: At, x: Array64) => blockOf('mamba', 'selective', at, x),
      (at: At, x: Array64) => blockOf('h3', 's4', at, x),
      attentionOf,
      (at: At, x: Array64) => s4d(x, Object.fromEntries(s4dNames.map((name) => [name, at(name)]))),
    ];
    expectTruth(model, (weights, tokens) => {
      const ids = Int32Array.from(tokens.flat());
      let x = embedding(weights['backbone.embedding.weight'], ids, [tokens.length, tokens[0].length]);
      let residual: Array64 | undefined;
      const normed = (name: string) => norm64({ x, residual, weight: weights[`backbone.${name}.weight`] }, 1e-5, false);
      parts.forEach((part, i) => {
        const { y, sum } = normed(`layers.${i}.norm`);
        x = part((name) => weights[`backbone.layers.${i}.mixer.${name}`], y);
        residual = sum;
      });
      return linear(normed('norm_f').y, weights['backbone.embedding.weight']);
    });
  });
});

type At = (name: string) => Array64;
const s4dNames = [
  ...['D', 'kernel.C', 'kernel.log_dt', 'kernel.log_A_real', 'kernel.A_imag'],
  ...['output_linear.0.weight', 'output_linear.0.bias'],
];

/** The attention of `settings` in f64, as mamba_ssm/modules/mha.py has it. */
function attentionOf(at: At, x: Array64): Array64 {
  const qkv = causalConv1d({
    x: linear(x, at('in_proj.weight'), at('in_proj.bias')),
    weight: at('conv1d.weight'),
    bias: at('conv1d.bias'),
    activation: 'none',
  }).y;
  const [q, k, v] = [columns(qkv, 0, 20), columns(qkv, 20, 10), columns(qkv, 30, 10)];
  const turned = (y: Array64, heads: number) =>
    rotary(y, heads, [0, 0], { dims: 4, theta: 10_000, interleaved: false });
  const mixed = attention({ q: turned(q, 4), k: turned(k, 2), v }, 4, 2);
  return linear(mixed, at('out_proj.weight'), at('out_proj.bias'));
}

describe('official configs with attention layers', () => {
  // https://huggingface.co/state-spaces/mamba2attn-2.7b/blob/main/config.json
  const json = {
    ...{ d_model: 2560, d_intermediate: 0, n_layer: 64, vocab_size: 50277, ssm_cfg: { layer: 'Mamba2' } },
    attn_layer_idx: [9, 18, 27, 36, 45, 56],
    attn_cfg: {
      ...{ causal: true, d_conv: 4, head_dim: 128, num_heads: 30, out_proj_bias: false, qkv_proj_bias: false },
      rotary_emb_dim: 64,
    },
    ...{ rms_norm: true, residual_in_fp32: true, fused_add_norm: true, pad_vocab_size_multiple: 16 },
    tie_embeddings: true,
  };

  it('give mamba2attn-2.7b its tensors', () => {
    const config = readConfig(json);
    const { tree } = declareModel(config);
    const shapes = new Map(tree.list().map(({ name, shape }) => [name, shape]));
    const has = (i: number, name: string) => shapes.has(`backbone.layers.${i}.mixer.${name}`);
    for (let i = 0; i < 64; i++) {
      const isAttention = json.attn_layer_idx.includes(i);
      expect([has(i, 'A_log'), has(i, 'norm.weight')], `block ${i}`).toEqual([!isAttention, !isAttention]);
    }
    const layer = [...shapes].filter(([name]) => name.startsWith('backbone.layers.9.'));
    expect(layer.map(([name, shape]) => [name.slice(18), ...shape])).toEqual([
      ['norm.weight', 2560],
      ['mixer.in_proj.weight', 11520, 2560],
      ['mixer.conv1d.weight', 11520, 1, 4],
      ['mixer.conv1d.bias', 11520],
      ['mixer.out_proj.weight', 2560, 3840],
    ]);
    // 2.7 billion
    expect(tree.count()).toBeGreaterThan(2.65e9);
    expect(tree.count()).toBeLessThan(2.75e9);
  });

  it('are written as they were read', () => {
    const { ssm_cfg, ...others } = json;
    expect(JSON.parse(configText(declareModel(readConfig(json))))).toMatchObject(others);
    expect(readConfig(JSON.parse(configText(declareModel(readConfig(json)))))).toEqual(readConfig(json));
  });
});

describe('the config of a hybrid', () => {
  const given = hybrid(['mamba2', 'mamba2', 's4d', 'rwkv4'], { nLayer: 6, dIntermediate: 40 });

  it('is written and read again, and repeats its mixers', () => {
    const config = configOf(given);
    const json = JSON.parse(configText(declareModel(config)));
    expect(json.ssm_cfg).toEqual({ layer: 'Hybrid', mixers: given.mixers, settings: given.settings });
    expect(readConfig(json)).toEqual(config);
    const names = declareModel(config)
      .tree.list()
      .map(({ name }) => name);
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
    [{ settings: { mamba2: 8 } }, 'config: settings is {"mamba2": 8}, expected an object of fields'],
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
    [
      { mixers: ['attention'], settings: {} },
      'config: settings.attention: numHeads is missing, expected a whole number ≥ 1',
    ],
    [
      { mixers: ['attention'], settings: { attention: { numHeads: 3 } } },
      'config: settings.attention: numHeads is 3, expected a divisor of 20, or a headDim',
    ],
    [
      { mixers: ['attention'], settings: { attention: { numHeads: 4, numHeadsKv: 3 } } },
      'settings.attention: numHeadsKv is 3, expected a divisor of numHeads',
    ],
    [{ mixers: ['attention'], settings: { attention: { heads: 3 } } }, "settings.attention: unknown key 'heads'"],
    [
      { mixers: ['transformer'], settings: { transformer: { numHeads: 3 } } },
      'config: settings.transformer: numHeads is 3, expected a divisor of dModel = 20',
    ],
    [{ attnLayerIdx: [0] }, "config: attnLayerIdx is [0], expected none: name 'attention' among the mixers"],
    [{ headDim: 32 }, "config: unknown key 'headDim' for the model 'hybrid'"],
    [
      { mixers: ['mamba'], settings: { mamba: { inner: 's4', dState: 3 } } },
      'config: settings.mamba: dState is 3, expected an even',
    ],
  ])('is refused with %j', (wrong, message) => {
    expect(() => configOf({ ...given, ...wrong })).toThrow(message);
  });
});
