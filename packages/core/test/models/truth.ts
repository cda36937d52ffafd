/** A whole model against the truth in f64. */
import { expect } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import { crossEntropy } from '../../../../test/reference/crossEntropy.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { uniforms } from '../../../../test/support/random.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { type Weights, weightsOf } from './mambaReference.ts';
import { VOCAB } from './tiny.ts';

export const tokensOf = (seed: number, lengths: readonly number[]): number[][] => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * VOCAB)));
};

/** Logits of two rows of L tokens, and every parameter's gradient along a random direction, against the truth in f64. */
export function expectTruth(
  model: LanguageModel,
  logitsOf: (weights: Weights, tokens: readonly number[][]) => Array64,
  L = 9,
): void {
  const [tokens, targets] = [tokensOf(1, [L, L]), tokensOf(2, [L, L])];
  const weights = weightsOf(model);
  expectClose(model.forward(tokens).logits.read(), logitsOf(weights, tokens).data, 5e-5, 'logits');
  const { grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
  const random = uniforms(5);
  for (const [name, { data }] of Object.entries(weights)) {
    const direction = data.map(() => (random() < 0.5 ? -1 : 1));
    const along = (step: number) => {
      const moved = { ...weights[name], data: data.map((x, i) => x + step * direction[i]) };
      return crossEntropy(logitsOf({ ...weights, [name]: moved }, tokens), Int32Array.from(targets.flat())).data[0];
    };
    const want = (along(1e-5) - along(-1e-5)) / 2e-5;
    const values = grads[name].read();
    const got = values.reduce((sum, g, i) => sum + g * direction[i], 0);
    const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
    expect(size, `${name} matters`).toBeGreaterThan(1e-6);
    expect(Math.abs(got - want) / (1e-3 + size), `${name}: ${got}, want ${want}`).toBeLessThan(1e-3);
  }
}
