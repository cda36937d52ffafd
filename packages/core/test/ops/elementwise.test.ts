import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, map } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/elementwise.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectIdentical, FORWARD } from '../../../../test/support/compare.ts';
import { normal, seeds, shapes, uniform, uniforms } from '../../../../test/support/random.ts';
import * as ops from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

type Range = [from: number, to: number];
const everywhere: Range = [-12, 12];
const positive: Range = [0.05, 12];

/** Each function, its reference, the range of its arguments in tests, and special arguments. */
const unaries: [name: string, op: (x: Tensor) => Tensor, truth: (x: number) => number, range: Range][] = [
  ['neg', ops.neg, (x) => -x, everywhere],
  ['exp', ops.exp, Math.exp, everywhere],
  ['log', ops.log, Math.log, positive],
  ['sqrt', ops.sqrt, Math.sqrt, positive],
  ['square', ops.square, (x) => x * x, everywhere],
  ['reciprocal', ops.reciprocal, (x) => 1 / x, positive],
  ['sigmoid', ops.sigmoid, truth.sigmoid, everywhere],
  ['silu', ops.silu, truth.silu, everywhere],
  ['softplus', ops.softplus, truth.softplus, [-25, 25]],
  ['tanh', ops.tanh, Math.tanh, [-4, 4]],
  ['gelu', (x) => ops.gelu(x), truth.gelu, [-6, 6]],
  ['gelu by tanh', (x) => ops.gelu(x, 'tanh'), truth.geluTanh, [-6, 6]],
  ['relu', ops.relu, truth.relu, everywhere],
];

const binaries: [name: string, op: (a: Tensor, b: Tensor) => Tensor, truth: (a: number, b: number) => number][] = [
  ['add', ops.add, (a, b) => a + b],
  ['sub', ops.sub, (a, b) => a - b],
  ['mul', ops.mul, (a, b) => a * b],
  ['div', ops.div, (a, b) => a / b],
];

/** Results at the ends of the range: the values PyTorch gives. */
const ends: { name: string; op: (x: Tensor) => Tensor; values: [x: number, y: number][] }[] = [
  {
    name: 'exp',
    op: ops.exp,
    values: [
      [-Infinity, 0],
      [-3e38, 0],
      [-1e15, 0],
      [-200, 0],
      [0, 1],
      [89, Infinity],
      [3e38, Infinity],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'log',
    op: ops.log,
    values: [
      [0, -Infinity],
      [-0, -Infinity],
      [1, 0],
      [-1, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'sqrt',
    op: ops.sqrt,
    values: [
      [0, 0],
      [-1, NaN],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'reciprocal',
    op: ops.reciprocal,
    values: [
      [0, Infinity],
      [-0, -Infinity],
      [Infinity, 0],
      [-Infinity, -0],
    ],
  },
  {
    name: 'sigmoid',
    op: ops.sigmoid,
    values: [
      [-Infinity, 0],
      [-3e38, 0],
      [0, 0.5],
      [3e38, 1],
      [Infinity, 1],
    ],
  },
  {
    name: 'silu',
    op: ops.silu,
    values: [
      [-3e38, -0],
      [0, 0],
      [100, 100],
      [3e38, 3e38],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'softplus',
    op: ops.softplus,
    values: [
      [-Infinity, 0],
      [-3e38, 0],
      [21, 21],
      [3e38, 3e38],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'tanh',
    op: ops.tanh,
    values: [
      [-Infinity, -1],
      [-3e38, -1],
      [0, 0],
      [3e38, 1],
      [Infinity, 1],
    ],
  },
  {
    name: 'gelu',
    op: (x) => ops.gelu(x),
    values: [
      [0, 0],
      [100, 100],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'gelu by tanh',
    op: (x) => ops.gelu(x, 'tanh'),
    values: [
      [0, 0],
      [100, 100],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'relu',
    op: ops.relu,
    values: [
      [-Infinity, 0],
      [-1, 0],
      [0, 0],
      [Infinity, Infinity],
    ],
  },
  {
    name: 'neg',
    op: ops.neg,
    values: [
      [0, -0],
      [Infinity, -Infinity],
    ],
  },
  {
    name: 'square',
    op: ops.square,
    values: [
      [-2, 4],
      [3e38, Infinity],
      [-Infinity, Infinity],
    ],
  },
];

/** Pairs of shapes that broadcast: each axis is on both sides, 1 on one, or missing on one. */
const pairs = (width: number, axes = 4) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('both', 'a', 'b')), { maxLength: axes - 1 })
    .chain((leading) =>
      fc
        .tuple(fc.integer({ min: 0, max: width }), fc.constantFrom('both', 'a', 'b'), fc.nat(axes), fc.nat(axes))
        .map(([last, side, dropA, dropB]) => {
          const all = [...leading, [last, side] as const];
          const shape = (mine: string, drop: number) => {
            const full = all.map(([size, side]) => (side === 'both' || side === mine ? size : 1));
            // Leading ones may be left out.
            const ones = full.findIndex((d) => d !== 1);
            return full.slice(Math.min(drop, ones < 0 ? full.length : ones));
          };
          return [shape('a', dropA), shape('b', dropB)];
        }),
    );

function unaryCase(op: (x: Tensor) => Tensor, f: (x: number) => number, x: Array64): Case {
  return { inputs: { x }, run: ({ x }) => [op(x)], truth: ({ x }) => [map(x, f)] };
}

/** Away from zero, for quotients. */
const awayFromZero = (x: Array64): Array64 => map(x, (v) => Math.fround(v + (v < 0 ? -0.5 : 0.5)));

function binaryCase(
  op: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  [a, b]: number[][],
  seed: number,
): Case {
  const random = uniforms(seed);
  return {
    inputs: { a: normal(random, a), b: awayFromZero(normal(random, b)) },
    run: ({ a, b }) => [op(a, b)],
    truth: ({ a, b }) => [truth.binary(f, a, b)],
  };
}

describe.each(backends)('functions of one element on $name', ({ backend }) => {
  const apply = (op: (x: Tensor) => Tensor, values: number[]) =>
    scope(() => op(backend.tensor(values, [values.length])).read());

  describe.each(unaries)('%s', (name, op, f, range) => {
    // Far below zero gelu is the difference of two numbers near 1, in PyTorch too.
    const tolerance = name.startsWith('gelu') ? 1e-3 : FORWARD;

    it('equals the plain function, over shapes and slices', () => {
      fc.assert(
        fc.property(shapes(1, 4), seeds, fc.boolean(), (shape, seed, sliced) => {
          expectValues(backend, unaryCase(op, f, uniform(uniforms(seed), shape, ...range)), { sliced, tolerance });
        }),
        { numRuns: 15 },
      );
      expectValues(backend, unaryCase(op, f, uniform(uniforms(1), [], ...range)));
      expectValues(backend, unaryCase(op, f, uniform(uniforms(1), [3, 5000], ...range)));
    });

    it('has the slope of central differences', () => {
      fc.assert(
        fc.property(shapes(1, 3, 35, 3), seeds, fc.boolean(), (shape, seed, sliced) => {
          expectGradients(backend, unaryCase(op, f, uniform(uniforms(seed), shape, ...range)), { sliced });
        }),
        { numRuns: 4 },
      );
    });

    it('passes NaN on', () => {
      expectNaN(backend, unaryCase(op, f, uniform(uniforms(2), [2, 19], ...range)));
    });
  });

  it('keeps its relative accuracy', () => {
    const grid = (from: number, to: number) =>
      Array.from({ length: 4001 }, (_, i) => Math.fround(from + ((to - from) * i) / 4000));
    const logarithmic = grid(-80, 80).map((x) => Math.fround(Math.exp(x)));
    const both = [...logarithmic, ...logarithmic.map((x) => -x)];
    const few = 6e-7;
    for (const [op, f, values, tolerance] of [
      [ops.exp, Math.exp, grid(-87, 88.6), few],
      [ops.log, Math.log, logarithmic.filter((x) => Math.abs(x - 1) > 0.05), few],
      [ops.sigmoid, truth.sigmoid, grid(-80, 80), few],
      [ops.tanh, Math.tanh, both, few],
      [ops.softplus, truth.softplus, grid(-80, 80), few],
      [ops.sqrt, Math.sqrt, logarithmic, 1e-7],
      [ops.reciprocal, (x: number) => 1 / x, both, 1e-7],
    ] as const) {
      const got = apply(op, values);
      values.forEach((x, i) => {
        const want = f(x);
        if (Math.abs(got[i] - want) > tolerance * Math.abs(want) + 2e-38) {
          expect.fail(`${f.name}(${x}) is ${got[i]}, want ${want}`);
        }
      });
    }
  });

  it.each(ends)('$name at the ends of the range', ({ op, values }) => {
    const got = apply(
      op,
      values.map(([x]) => x),
    );
    expectIdentical(
      got,
      Float32Array.from(values, ([, y]) => y),
    );
  });
});

describe.each(backends)('functions of two on $name', ({ backend }) => {
  describe.each(binaries)('%s', (_, op, f) => {
    it('equals the plain loop for all shapes that broadcast, and slices', () => {
      fc.assert(
        fc.property(pairs(70), seeds, fc.boolean(), (shapes, seed, sliced) => {
          expectValues(backend, binaryCase(op, f, shapes, seed), { sliced });
        }),
        { numRuns: 40 },
      );
    });

    it('has the gradient of central differences', () => {
      fc.assert(
        fc.property(pairs(9), seeds, fc.boolean(), (shapes, seed, sliced) => {
          expectGradients(backend, binaryCase(op, f, shapes, seed), { sliced });
        }),
        { numRuns: 12 },
      );
      expectSlopes(
        backend,
        binaryCase(
          op,
          f,
          [
            [3, 1, 70],
            [2, 1],
          ],
          3,
        ),
      );
      expectSlopes(backend, binaryCase(op, f, [[60, 130], [130]], 4));
    });

    it('passes NaN on', () => {
      expectNaN(
        backend,
        binaryCase(
          op,
          f,
          [
            [3, 1, 17],
            [2, 1],
          ],
          4,
        ),
      );
    });

    it('differentiates alternating axes', () => {
      expectGradients(
        backend,
        binaryCase(
          op,
          f,
          [
            [2, 1, 3, 1],
            [2, 3, 1],
          ],
          5,
        ),
      );
      expectGradients(
        backend,
        binaryCase(
          op,
          f,
          [
            [2, 3, 2, 1],
            [1, 3, 1, 4],
          ],
          6,
        ),
      );
    });
  });

  it('differentiates an operation of a tensor and itself', () => {
    const x = normal(uniforms(8), [3, 7]);
    const square: Case = { inputs: { x }, run: ({ x }) => [ops.mul(x, x)], truth: ({ x }) => [map(x, (v) => v * v)] };
    const twice: Case = { inputs: { x }, run: ({ x }) => [ops.add(x, x)], truth: ({ x }) => [map(x, (v) => 2 * v)] };
    const zero: Case = { inputs: { x }, run: ({ x }) => [ops.sub(x, x)], truth: ({ x }) => [map(x, (v) => v - v)] };
    const one: Case = { inputs: { x }, run: ({ x }) => [ops.div(x, x)], truth: ({ x }) => [map(x, (v) => v / v)] };
    for (const c of [square, twice, zero, one]) {
      expectValues(backend, c);
      // A quotient of equals has gradient 0, up to rounding.
      expectGradients(backend, c, { tolerance: 1e-3 });
    }
  });
});
