/** What must hold for a Mamba of any config: it equals the f64 loops, and a long input needs no more memory than a short one. */
import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import type { State } from '../../src/layers/state.ts';
import { logitsOf, sizesOf } from './mambaReference.ts';
import { VOCAB } from './tiny.ts';
import { expectTruth, tokensOf } from './truth.ts';
import { vividModel } from './vivid.ts';

const sizes = [
  { dConv: 2, dState: 8 },
  { dConv: 3, dState: 16 },
  { dConv: 4, dState: 8 },
  { dConv: 4, dState: 16 },
];

describe.each(backends)('mamba on $name', ({ backend }) => {
  describe.each([
    ...sizes,
    { rmsNorm: false },
    { bias: true, convBias: false },
    { tieEmbeddings: false },
    { dtRank: 5, expand: 3 },
    { normEpsilon: 0.1, padVocabSizeMultiple: 16 },
  ])('with %j', (config) => {
    it('equals the f64 loops, values and gradients', async () => {
      const model = await vividModel(backend, { vocabSize: VOCAB, ...config });
      expectTruth(model, (weights, tokens) => logitsOf(weights, sizesOf(model), tokens));
    });
  });

  it('reads a long input in constant memory', async () => {
    const model = await vividModel(backend, { vocabSize: VOCAB });
    const [row] = tokensOf(11, [4096]);
    const used: number[] = [];
    const reserved: number[] = [];
    let state: State | undefined;
    for (let at = 0; at < row.length; at += 256) {
      const next = model.forward([row.slice(at, at + 256)], { state, logits: 'last' });
      state?.dispose();
      next.logits.dispose();
      state = next.state;
      used.push(backend.heap.used);
      reserved.push(backend.heap.reserved);
    }
    expect(new Set(used.slice(1)).size, `bytes in use: ${used}`).toBe(1);
    expect(new Set(reserved.slice(1)).size, `bytes reserved: ${reserved}`).toBe(1);
    expect(state?.position).toBe(4096);
  });
});
