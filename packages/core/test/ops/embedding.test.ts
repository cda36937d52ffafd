import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { product } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/embedding.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, shapes, sizes, uniforms } from '../../../../test/support/random.ts';
import { embedding, split } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';

function caseOf(V: number, D: number, shape: readonly number[], seed: number): Case {
  const random = uniforms(seed);
  const ids = Int32Array.from({ length: product(shape) }, () => Math.floor(random() * V));
  return {
    inputs: { table: normal(random, [V, D]) },
    run: ({ table }, backend) => [embedding(table, backend.ints(ids, shape))],
    truth: ({ table }) => [truth.embedding(table, ids, shape)],
  };
}

describe.each(backends)('embedding on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(sizes(30, 1), sizes(70), shapes(1, 3, 9), seeds, fc.boolean(), (V, D, shape, seed, sliced) => {
        expectValues(backend, caseOf(V, D, shape, seed), { sliced });
      }),
      { numRuns: 40 },
    );
    expectValues(backend, caseOf(5, 4, [], 1));
    expectValues(backend, caseOf(300, 65, [7, 100], 1));
  });

  it('sums the gradients of an id that comes more than once', () => {
    fc.assert(
      fc.property(sizes(6, 1), sizes(20), shapes(1, 2, 9), seeds, fc.boolean(), (V, D, shape, seed, sliced) => {
        expectGradients(backend, caseOf(V, D, shape, seed), { sliced });
      }),
      { numRuns: 15 },
    );
    expectSlopes(backend, caseOf(11, 70, [4, 100], 1));
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf(1, 5, [3], 1));
  });

  it('takes ids that are a slice', () => {
    scope(() => {
      const table = backend.tensor([0, 0.5, 1, 1.5, 2, 2.5], [3, 2]);
      const [, ids] = split(backend.ints(Int32Array.of(0, 1, 2, 2, 0, 1), [2, 3]), [1, 2]);
      expect([...embedding(table, ids).read()]).toEqual([1, 1.5, 2, 2.5, 0, 0.5, 1, 1.5]);
    });
  });
});
