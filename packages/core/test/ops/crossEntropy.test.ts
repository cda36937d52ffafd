import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, product } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/crossEntropy.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { crossEntropy } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

/** Some targets are ignored, the first is not. */
function caseOf(rows: readonly number[], V: number, seed: number, ignored = 0.3, scale = 3): Case {
  const random = uniforms(seed);
  const targets = Int32Array.from({ length: product(rows) }, (_, r) =>
    r > 0 && random() < ignored ? -1 - Math.floor(random() * 100) : Math.floor(random() * V),
  );
  return {
    inputs: { logits: normal(random, [...rows, V], scale) },
    run: ({ logits }) => [crossEntropy(logits, targets)],
    truth: ({ logits }) => [truth.crossEntropy(logits, targets)],
  };
}

const rows = fc.oneof(
  fc.constant<number[]>([]),
  sizes(30, 1).map((r) => [r]),
  fc.tuple(sizes(4, 1), sizes(6, 1)).map(([b, l]) => [b, l]),
);

describe.each(backends)('crossEntropy on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(rows, sizes(70, 1), seeds, fc.boolean(), (rows, V, seed, sliced) => {
        // A loss near zero is the difference of two large numbers.
        expectValues(backend, caseOf(rows, V, seed), { sliced, tolerance: 3e-4 });
      }),
      { numRuns: 50 },
    );
    expectValues(backend, caseOf([60], 5003, 1));
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(rows, sizes(20, 1), seeds, fc.boolean(), (rows, V, seed, sliced) => {
        expectGradients(backend, caseOf(rows, V, seed), { sliced });
      }),
      { numRuns: 12 },
    );
    expectSlopes(backend, caseOf([60], 301, 1));
  });

  it('does not overflow', () => {
    expectValues(backend, caseOf([9], 37, 3, 0.3, 1000));
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf([3], 19, 1, 0));
    expectNaN(backend, caseOf([2, 2], 3, 1, 0));
  });

  it('ignores rows without a target, even of NaN', () => {
    scope(() => {
      const logits = backend.tensor([1, 2, NaN, Infinity, 3, 1], [3, 2]);
      const { value, grads } = valueAndGrad(() => crossEntropy(logits, Int32Array.of(0, -100, 1)), { logits });
      const want = truth.crossEntropy(array([2, 2], [1, 2, 3, 1]), Int32Array.of(0, 1)).data[0];
      expect(Math.abs(value.read()[0] - want)).toBeLessThan(1e-6);
      expect([...grads.logits.read().slice(2, 4)]).toEqual([0, 0]);
      expect(grads.logits.read().every(Number.isFinite)).toBe(true);
    });
  });
});
