import fc from 'fast-check';
import { describe, it } from 'vitest';
import * as truth from '../../../../test/reference/linear.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { linear } from '../../src/ops/index.ts';

function caseOf(rows: readonly number[], input: number, output: number, bias: boolean, seed: number): Case {
  const random = uniforms(seed);
  return {
    inputs: {
      x: normal(random, [...rows, input]),
      weight: normal(random, [output, input], 1 / Math.sqrt(Math.max(1, input))),
      ...(bias && { bias: normal(random, [output]) }),
    },
    run: ({ x, weight, bias }) => [linear(x, weight, bias)],
    truth: ({ x, weight, bias }) => [truth.linear(x, weight, bias)],
  };
}

const rows = fc.oneof(
  fc.constant<number[]>([]),
  sizes(30).map((r) => [r]),
  fc.tuple(sizes(4), sizes(6)).map(([b, l]) => [b, l]),
);

describe.each(backends)('linear on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(rows, sizes(70), sizes(70), fc.boolean(), seeds, fc.boolean(), (rows, i, o, bias, seed, sliced) => {
        expectValues(backend, caseOf(rows, i, o, bias, seed), { sliced });
      }),
      { numRuns: 80 },
    );
  });

  it('equals the plain loop at the borders of its blocks', () => {
    for (const [m, k, n] of [
      [8, 256, 32],
      [9, 257, 33],
      [12, 255, 31],
      [13, 64, 65],
      [96, 256, 16],
      [97, 300, 17],
      [200, 520, 3],
      [1, 1000, 129],
    ]) {
      expectValues(backend, caseOf([m], k, n, true, m));
    }
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(rows, sizes(6), sizes(6), fc.boolean(), seeds, fc.boolean(), (rows, i, o, bias, seed, sliced) => {
        expectGradients(backend, caseOf(rows, i, o, bias, seed), { sliced });
      }),
      { numRuns: 25 },
    );
    for (const sliced of [false, true]) {
      expectSlopes(backend, caseOf([3, 40], 70, 37, true, 1), { sliced });
      expectSlopes(backend, caseOf([300], 33, 65, true, 2), { sliced });
      expectSlopes(backend, caseOf([5], 65, 65, true, 3), { sliced });
    }
  });

  it('passes NaN on', () => {
    for (const sliced of [false, true]) {
      expectNaN(backend, caseOf([3], 19, 21, true, 1), { sliced });
      expectNaN(backend, caseOf([30], 19, 21, true, 1), { sliced });
    }
  });
});
