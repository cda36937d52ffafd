/** What must hold for any model: gradients, and that it splits, packs and batches freely. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import type { State } from '../../src/models/state.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Array64 } from '../reference/array.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { errorOf, expectClose } from '../support/compare.ts';
import { uniforms } from '../support/random.ts';
import { type Weights, weightsOf } from './reference.ts';

export const V = 24;

export const tokensOf = (seed: number, lengths: readonly number[]): number[][] => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};

/** A row's part of each tensor of a state. */
export function rowOf(state: State, b: number): Record<string, Float32Array> {
  return scope(() =>
    Object.fromEntries(
      Object.entries(state.tensors()).map(([name, tensor]) => {
        const size = tensor.size / tensor.shape[0];
        return [name, tensor.read().slice(b * size, (b + 1) * size)];
      }),
    ),
  );
}

export function expectSameState(got: Record<string, Float32Array>, want: Record<string, Float32Array>, what: string) {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const name of Object.keys(want)) expectClose(got[name], want[name], 5e-5, `${what}: ${name}`);
}

/** Logits and every parameter's gradient along a random direction, against the truth in f64. */
export function expectTruth(
  model: LanguageModel,
  logitsOf: (weights: Weights, tokens: readonly number[][]) => Array64,
): void {
  const [tokens, targets] = [tokensOf(1, [9, 9]), tokensOf(2, [9, 9])];
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

/** Any pieces, each from the saved state of the one before, give what the whole gives. */
export async function expectAnyPieces(model: LanguageModel): Promise<void> {
  const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(cuts, async (cuts) => {
      const [row] = tokensOf(cuts[0], [cuts.reduce((a, b) => a + b)]);
      const whole = model.forward([row]);
      const logits = whole.logits.read();
      let state: State | undefined;
      let at = 0;
      for (const n of cuts) {
        const piece = model.forward([row.slice(at, at + n)], { state });
        expectClose(piece.logits.read(), logits.subarray(at * V, (at + n) * V), 5e-5, `logits from ${at} of ${cuts}`);
        state = await model.loadState(await piece.state.save());
        at += n;
      }
      expectSameState(rowOf(state!, 0), rowOf(whole.state, 0), `state after ${cuts}`);
    }),
    { numRuns: 3 },
  );
}

/** Documents in one row give what each gives alone, and without their indices they do not. */
export function expectSeparateDocuments(model: LanguageModel): void {
  const lengths = [5, 1, 2, 33, 3];
  const documents = tokensOf(4, lengths);
  const indices = Int32Array.from(lengths.flatMap((n, i) => new Array<number>(n).fill(i)));
  const packed = model.forward([documents.flat()], { documents: indices });
  const logits = packed.logits.read();
  expect(errorOf(model.forward([documents.flat()]).logits.read(), logits), 'the past matters').toBeGreaterThan(1e-2);
  const [next] = tokensOf(6, [3]);
  const on = model.forward([next], { state: packed.state, documents: new Int32Array(3).fill(lengths.length - 1) });
  let at = 0;
  for (const document of documents) {
    const alone = model.forward([document]);
    expectClose(logits.subarray(at * V, (at + document.length) * V), alone.logits.read(), 5e-5, `from ${at}`);
    at += document.length;
    if (at < logits.length / V) continue;
    const want = model.forward([next], { state: alone.state });
    expectClose(on.logits.read(), want.logits.read(), 5e-5, 'the last document, on');
  }
}

/** Rows of any lengths give what each gives alone, and go on from there. */
export function expectSeparateRows(model: LanguageModel): void {
  const [rows, more] = [tokensOf(7, [4, 33, 1, 7]), tokensOf(8, [2, 1, 6, 3])];
  const batch = model.forward(rows);
  const next = model.forward(more, { state: batch.state });
  rows.forEach((row, b) => {
    const one = model.forward([row]);
    const logits = batch.logits.read().subarray(b * 33 * V, (b * 33 + row.length) * V);
    expectClose(logits, one.logits.read(), 5e-5, `row ${b}`);
    const after = model.forward([more[b]], { state: one.state });
    const got = next.logits.read().subarray(b * 6 * V, (b * 6 + more[b].length) * V);
    expectClose(got, after.logits.read(), 5e-5, `row ${b}, on`);
  });
}
