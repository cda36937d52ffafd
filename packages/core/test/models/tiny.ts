/**
 * A tiny config of every family, and what people are free to do with any of them. A family that is
 * registered without a line here fails the tests that walk this table.
 */
import { modelNames } from '../../src/families/registry.ts';

/** Each with sizes that no vector divides, where the family allows it. */
const tiny: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  mamba: [
    { dConv: 2, dState: 8 },
    { dConv: 4, dState: 16, dIntermediate: 40 },
    { dState: 6, inner: 's4d' },
    { dState: 3, selects: 'B' },
    { dState: 5, selects: 'A,delta,B,C', aRank: 3, deltaPerState: true },
    { dState: 4, inner: 's4', bias: true },
    { dState: 4, attnLayerIdx: [1], attnCfg: { num_heads: 4, num_heads_kv: 2, causal: true, d_conv: 3 } },
  ],
  mamba2: [
    { dState: 6, headDim: 8, expand: 2, nGroups: 1 },
    { dState: 8, headDim: 4, nGroups: 2, dIntermediate: 40 },
  ],
  mamba3: [
    { dState: 6, headDim: 8, ropeFraction: 1 },
    { dState: 8, headDim: 4, nGroups: 2, mimo: true, mimoRank: 3, dIntermediate: 40 },
    { dState: 14, headDim: 8, mimo: true, mimoRank: 2, outProjNorm: true },
  ],
  s4d: [{ dState: 8 }, { dState: 6, init: 'inv', glu: false }],
  s4: [{ dState: 8 }],
  h3: [
    { dState: 6, dConv: 3 },
    { dState: 4, inner: 'selective', nLayer: 1 },
    { dState: 4, inner: 'selective', selects: 'A,C', nLayer: 1 },
  ],
  hybrid: [
    {
      mixers: ['mamba2', 's4d'],
      settings: { mamba2: { headDim: 8, dState: 6 }, s4d: { dState: 6 } },
      dIntermediate: 40,
    },
    {
      mixers: ['rwkv4', 'h3', 'transformer'],
      settings: { h3: { dState: 6 }, transformer: { numHeads: 2 } },
      nLayer: 4,
    },
    {
      mixers: ['attention', 'mamba3'],
      settings: { attention: { numHeads: 2, rotaryEmbDim: 4 }, mamba3: { headDim: 8, dState: 8 } },
    },
  ],
  rwkv4: [{}, { dAttention: 28, dFfn: 37 }],
  transformer: [
    { numHeads: 2, dFfn: 37, tieEmbeddings: true },
    { numHeads: 6, numKvHeads: 3, headDim: 6, attentionBias: true, mlpBias: true },
    { numHeads: 3, numKvHeads: 1, headDim: 4, window: 30 },
  ],
};

export const VOCAB = 24;

/** [family, config] of all of them. */
export const tinyConfigs: readonly (readonly [string, Record<string, unknown>])[] = modelNames.flatMap((model) =>
  (tiny[model] ?? [{ missing: 'a line in test/models/tiny.ts' }]).map(
    (config) => [model, { model, vocabSize: VOCAB, ...config }] as const,
  ),
);
