import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Array64, array, map } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/softmax.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, shapes, uniforms } from '../../../../test/support/random.ts';
import { softmax } from '../../src/ops/index.ts';

const caseOf = (x: Array64): Case => ({
  inputs: { x },
  run: ({ x }) => [softmax(x)],
  truth: ({ x }) => [truth.softmax(x)],
});
const scores = (shape: readonly number[], seed: number) => normal(uniforms(seed), shape, 3);

describe.each(backends)('softmax on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(
        shapes(1, 3).filter((shape) => shape.at(-1) !== 0),
        seeds,
        fc.boolean(),
        (shape, seed, sliced) => expectValues(backend, caseOf(scores(shape, seed)), { sliced }),
      ),
      { numRuns: 40 },
    );
    expectValues(backend, caseOf(scores([40, 1003], 1)));
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(
        shapes(1, 3, 20, 3).filter((shape) => shape.at(-1) !== 0),
        seeds,
        fc.boolean(),
        (shape, seed, sliced) => expectGradients(backend, caseOf(scores(shape, seed)), { sliced }),
      ),
      { numRuns: 10 },
    );
    expectSlopes(backend, caseOf(scores([20, 70], 1)));
  });

  it('does not overflow', () => {
    expectValues(backend, caseOf(map(scores([4, 37], 1), (x) => Math.fround(x * 1000))));
  });

  it('gives masked places 0, however they are masked', () => {
    for (const mask of [-Infinity, -3e38, -1e15, -1e9]) {
      for (const width of [3, 8, 16, 37]) {
        const row = new Array<number>(width).fill(Math.fround(mask));
        row[1] = 0.5;
        row[width - 1] = -0.25;
        expectValues(backend, caseOf(array([1, width], row)));
      }
    }
  });

  it('passes NaN on, and leaves the other rows alone', () => {
    expectNaN(backend, caseOf(scores([3, 19], 1)));
    expectNaN(backend, caseOf(scores([3, 1], 1)));
  });
});
