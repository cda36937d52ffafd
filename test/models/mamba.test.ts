/** What must hold for a Mamba of any config: it equals the f64 loops, and a long input needs no more memory than a short one. */
import { describe, expect, it } from 'vitest';
import type { State } from '../../src/models/state.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { backends } from '../support/backends.ts';
import { expectClose } from '../support/compare.ts';
import { uniforms } from '../support/random.ts';
import { logitsOf, sizesOf, weightsOf } from './reference.ts';
import { vividModel } from './vivid.ts';

const V = 24;
const sizes = [
  { dConv: 2, dState: 8 },
  { dConv: 3, dState: 16 },
  { dConv: 4, dState: 8 },
  { dConv: 4, dState: 16 },
];

const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};

describe.each(backends)('mamba on $name', ({ backend }) => {
  describe.each([
    ...sizes,
    { rmsNorm: false },
    { bias: true, convBias: false },
    { tieEmbeddings: false },
    { dtRank: 5, expand: 3 },
    { normEpsilon: 0.1, padVocabSizeMultiple: 16 },
  ])('with %j', (config) => {
    const made = vividModel(backend, { vocabSize: V, ...config });

    it('equals the f64 loops', async () => {
      const model = await made;
      const tokens = tokensOf(1, [11, 11]);
      const want = logitsOf(weightsOf(model), sizesOf(model), tokens);
      const got = model.forward(tokens).logits;
      expect(got.shape).toEqual(want.shape);
      expectClose(got.read(), want.data, 5e-5, 'logits');
    });

    it('has the gradients that differences have', async () => {
      const model = await made;
      const tokens = tokensOf(2, [9, 9]);
      const targets = tokensOf(3, [9, 9]);
      const [weights, shape] = [weightsOf(model), sizesOf(model)];
      const flat = Int32Array.from(targets.flat());
      const { grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
      const random = uniforms(5);
      for (const [name, { data }] of Object.entries(weights)) {
        const direction = data.map(() => (random() < 0.5 ? -1 : 1));
        const along = (step: number) => {
          const moved = { ...weights[name], data: data.map((x, i) => x + step * direction[i]) };
          return crossEntropy(logitsOf({ ...weights, [name]: moved }, shape, tokens), flat).data[0];
        };
        const want = (along(1e-5) - along(-1e-5)) / 2e-5;
        const values = grads[name].read();
        const got = values.reduce((sum, g, i) => sum + g * direction[i], 0);
        const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
        expect(size, `${name} matters`).toBeGreaterThan(1e-4);
        expect(Math.abs(got - want) / (1e-3 + size), `${name}: ${got}, want ${want}`).toBeLessThan(1e-3);
      }
    });
  });

  it('reads a long input in constant memory', async () => {
    const model = await vividModel(backend, { vocabSize: V });
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
