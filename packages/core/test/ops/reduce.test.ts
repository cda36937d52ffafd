import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, product } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/reduce.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, shapes, uniforms } from '../../../../test/support/random.ts';
import { mean, sum } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';

const operations = [
  { name: 'sum', op: sum, plain: truth.sum },
  { name: 'mean', op: mean, plain: truth.mean },
];

/** A shape with some of its axes, counted from either end. */
const reductions = (maxAxes: number, width: number, size = 4) =>
  shapes(1, maxAxes, width, size).chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.option(
        fc
          .subarray(shape.map((_, i) => i))
          .chain((axes) =>
            fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length))).map((list) => [...list]),
          ),
        { nil: undefined },
      ),
    ),
  );

describe.each(backends)('reductions on $name', ({ backend }) => {
  describe.each(operations)('$name', ({ op, plain }) => {
    const caseOf = (shape: readonly number[], axes: readonly number[] | undefined, seed: number): Case => ({
      inputs: { x: normal(uniforms(seed), shape) },
      run: ({ x }) => [op(x, axes)],
      truth: ({ x }) => [plain(x, axes)],
    });

    it('equals the plain loop for all shapes and axes, and slices', () => {
      fc.assert(
        fc.property(reductions(4, 70), seeds, fc.boolean(), ([shape, axes], seed, sliced) => {
          expectValues(backend, caseOf(shape, axes, seed), { sliced });
        }),
        { numRuns: 60 },
      );
    });

    it('has the gradient of central differences', () => {
      fc.assert(
        fc.property(reductions(4, 7, 3), seeds, fc.boolean(), ([shape, axes], seed, sliced) => {
          if (product(shape) > 0) expectGradients(backend, caseOf(shape, axes, seed), { sliced });
        }),
        { numRuns: 20 },
      );
      expectSlopes(backend, caseOf([30, 40, 50], [1], 3));
    });

    it('takes axes that alternate', () => {
      for (const axes of [[1, 3], [0, 2, 4], [0, 2], [1, 4], [2]]) {
        const c = caseOf([2, 3, 2, 3, 2], axes, 1);
        expectValues(backend, c);
        expectGradients(backend, c);
      }
      const c = caseOf([2, 3, 2, 3, 2, 2, 2, 3], [1, 3, 5, 7], 1);
      expectValues(backend, c);
      expectGradients(backend, c);
    });

    it('takes many values, in any layout', () => {
      for (const [shape, axes] of [
        [[100_003], undefined],
        [[20_011, 5], [0]],
        [[5, 20_011], [1]],
        [[7, 1000, 9], [1]],
        [
          [7, 1000, 9],
          [0, 2],
        ],
      ] as const) {
        expectValues(backend, caseOf(shape, axes, 2));
      }
    });

    it('passes NaN on', () => {
      expectNaN(backend, caseOf([3, 5, 7], [1], 2));
      expectNaN(backend, caseOf([3, 37], [1], 2));
      expectNaN(backend, caseOf([3, 37], undefined, 2));
    });

    it('reduces nothing, and empty axes', () => {
      expectValues(backend, caseOf([3, 2], [], 1));
      expectValues(backend, caseOf([], undefined, 1));
      expectValues(backend, caseOf([2, 0, 3], [1], 1));
      expectValues(backend, caseOf([2, 0, 3], undefined, 1));
    });
  });

  it('keeps f32 accuracy over a long sum', () => {
    scope(() => {
      const ones = backend.full([1 << 22], 0.1);
      expect(Math.abs(mean(ones).read()[0] - 0.1)).toBeLessThan(1e-6);
    });
  });

  it('has zero gradient for an empty input', () => {
    const c: Case = { inputs: { x: array([0, 3]) }, run: ({ x }) => [sum(x)], truth: ({ x }) => [truth.sum(x)] };
    expectGradients(backend, c);
  });
});
