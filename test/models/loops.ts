/** A model against the same model in f64, from the reference operations: logits, and the slope along each parameter. */
import { expect } from 'vitest';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Array64 } from '../reference/array.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { expectClose } from '../support/compare.ts';
import { uniforms } from '../support/random.ts';
import { type Weights, weightsOf } from './reference.ts';

type Logits = (weights: Weights, model: LanguageModel, tokens: readonly number[][]) => Array64;

/** Two rows of L tokens. */
export function expectLoops(model: LanguageModel, logitsOf: Logits, L: number): void {
  const random = uniforms(5);
  const rows = () =>
    [0, 1].map(() => Array.from({ length: L }, () => Math.floor(random() * (model.config.vocabSize as number))));
  const [tokens, targets] = [rows(), rows()];
  const weights = weightsOf(model);
  expectClose(model.forward(tokens).logits.read(), logitsOf(weights, model, tokens).data, 5e-5, 'logits');
  const flat = Int32Array.from(targets.flat());
  const { grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
  for (const [name, { data }] of Object.entries(weights)) {
    const direction = data.map(() => (random() < 0.5 ? -1 : 1));
    const along = (step: number) => {
      const moved = { ...weights[name], data: data.map((x, i) => x + step * direction[i]) };
      return crossEntropy(logitsOf({ ...weights, [name]: moved }, model, tokens), flat).data[0];
    };
    const want = (along(1e-5) - along(-1e-5)) / 2e-5;
    const values = grads[name].read();
    const got = values.reduce((sum, g, i) => sum + g * direction[i], 0);
    const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
    expect(Math.abs(got - want) / (1e-3 + size), `${name}: ${got}, want ${want}`).toBeLessThan(1e-3);
  }
}
