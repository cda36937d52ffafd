/**
 * A tiny config of every family, and what people are free to do with any of them. A family that is
 * registered without a line here fails the tests that walk this table.
 */
import { modelNames } from '../../src/models/registry.ts';

/** Each with sizes that no vector divides, where the family allows it. */
const tiny: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  mamba: [
    { dConv: 2, dState: 8 },
    { dConv: 4, dState: 16, dIntermediate: 40 },
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
