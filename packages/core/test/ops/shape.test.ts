import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, product } from '../../../../test/reference/array.ts';
import { binary } from '../../../../test/reference/elementwise.ts';
import * as plainLinear from '../../../../test/reference/linear.ts';
import { columns, transposeLast as transposed } from '../../../../test/reference/shape.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, shapes, uniforms } from '../../../../test/support/random.ts';
import { add, contiguous, linear, mul, reshape, silu, split, transposeLast } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';

/** A shape, and another one with the same number of values. */
const reshapes = shapes(1, 4, 12).chain((from) =>
  fc
    .tuple(fc.array(fc.nat(10), { maxLength: 3 }), fc.shuffledSubarray(from, { minLength: from.length }))
    .map(([cuts, shuffled]) => {
      let to = [...shuffled];
      for (const cut of cuts) {
        const i = cut % to.length;
        // Merge two axes, or put an axis of 1.
        if (i + 1 < to.length && cut % 2) to = [...to.slice(0, i), to[i] * to[i + 1], ...to.slice(i + 2)];
        else to.splice(i, 0, 1);
      }
      return [from, to];
    }),
);
/** A shape and the widths its last axis is split into. */
const splits = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
  )
  .map(([leading, widths]) => [[...leading, widths.reduce((a, b) => a + b)], widths]);

describe.each(backends)('views and copies on $name', ({ backend }) => {
  it('reshape keeps the values in order', () => {
    fc.assert(
      fc.property(reshapes, seeds, fc.boolean(), ([from, to], seed, sliced) => {
        const c: Case = {
          inputs: { x: normal(uniforms(seed), from) },
          run: ({ x }) => [reshape(x, to)],
          truth: ({ x }) => [array(to, x.data)],
        };
        expectValues(backend, c, { sliced });
        if (product(from) < 40) expectGradients(backend, c, { sliced });
      }),
      { numRuns: 60 },
    );
  });

  it('split gives the columns', () => {
    fc.assert(
      fc.property(splits, seeds, fc.boolean(), ([shape, widths], seed, sliced) => {
        const c: Case = {
          inputs: { x: normal(uniforms(seed), shape) },
          run: ({ x }) => split(x, widths),
          truth: ({ x }) =>
            widths.map((width, i) =>
              columns(
                x,
                widths.slice(0, i).reduce((a, b) => a + b, 0),
                width,
              ),
            ),
        };
        expectValues(backend, c, { sliced });
        expectGradients(backend, c, { sliced });
      }),
      { numRuns: 40 },
    );
  });

  it('split takes a number of equal parts', () => {
    scope(() => {
      const x = backend.tensor([1, 2, 3, 4, 5, 6], [1, 6]);
      expect(split(x, 3).map((part) => [...part.read()])).toEqual([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    });
  });

  it('transposeLast swaps the last two axes', () => {
    fc.assert(
      fc.property(shapes(2, 4, 40), seeds, fc.boolean(), (shape, seed, sliced) => {
        const c: Case = {
          inputs: { x: normal(uniforms(seed), shape) },
          run: ({ x }) => [transposeLast(x)],
          truth: ({ x }) => [transposed(x)],
        };
        expectValues(backend, c, { sliced });
        if (product(shape) < 60) expectGradients(backend, c, { sliced });
      }),
      { numRuns: 50 },
    );
  });

  it('contiguous gives the same values, and x itself where it can', () => {
    fc.assert(
      fc.property(shapes(1, 3), seeds, (shape, seed) => {
        const c: Case = {
          inputs: { x: normal(uniforms(seed), shape) },
          run: ({ x }) => [contiguous(x)],
          truth: ({ x }) => [x],
        };
        expectValues(backend, c, { sliced: true });
        if (product(shape) < 60) expectGradients(backend, c, { sliced: true });
      }),
      { numRuns: 20 },
    );
    scope(() => {
      const x = backend.zeros([2, 3]);
      expect(contiguous(x)).toBe(x);
      const [left] = split(x, [1, 2]);
      expect(contiguous(left).isContiguous).toBe(true);
      expect(left.isContiguous).toBe(false);
    });
  });

  it('keeps i32 values', () => {
    scope(() => {
      const ids = backend.ints(Int32Array.of(1, 2, 3, 4, 5, 2 ** 24 + 1), [2, 3]);
      const [, right] = split(ids, [1, 2]);
      expect(right.dtype).toBe('i32');
      expect(contiguous(right).dtype).toBe('i32');
      expect(reshape(right, [4]).dtype).toBe('i32');
      expect(transposeLast(right).dtype).toBe('i32');
      expect([...transposeLast(right).read()]).toEqual([2, 5, 3, 2 ** 24 + 1].map(Math.fround));
    });
  });

  it('makes views without copies', () => {
    scope(() => {
      const x = backend.zeros([2, 6]);
      const used = backend.heap.used;
      const [a] = split(x, 2);
      const b = reshape(x, [3, 4]);
      const c = reshape(a, [1, 2, 3]);
      expect(backend.heap.used).toBe(used);
      for (const view of [a, b, c]) expect(view.storage).toBe(x.storage);
    });
  });

  it('differentiates chains of views', () => {
    const random = uniforms(6);
    const x = normal(random, [4, 6]);
    const w = normal(random, [3, 4]);
    const silu64 = (v: number) => v / (1 + Math.exp(-v));
    const cases: Case[] = [
      {
        // A slice used whole by one operation, and through a reshape by another.
        inputs: { x, w },
        run({ x, w }) {
          const [a] = split(x, [4, 2]);
          const b = reshape(a, [2, 2, 4]);
          return [linear(a, w), linear(b, w)];
        },
        truth({ x, w }) {
          const a = columns(x, 0, 4);
          return [plainLinear.linear(a, w), plainLinear.linear(array([2, 2, 4], a.data), w)];
        },
      },
      {
        // The same, the other way round, and twice.
        inputs: { x, w },
        run({ x, w }) {
          const [a] = split(x, [4, 2]);
          const b = reshape(a, [2, 2, 4]);
          const first = linear(b, w);
          return [add(linear(a, w), linear(a, w)), first, linear(b, w)];
        },
        truth({ x, w }) {
          const a = columns(x, 0, 4);
          const b = array([2, 2, 4], a.data);
          const once = plainLinear.linear(a, w);
          return [binary((p, q) => p + q, once, once), plainLinear.linear(b, w), plainLinear.linear(b, w)];
        },
      },
      {
        // Slices of slices, some of them unused.
        inputs: { x, w },
        run({ x, w }) {
          const [a, b] = split(x, [5, 1]);
          const [c, d] = split(a, [4, 1]);
          return [linear(c, w), mul(d, b), silu(c), linear(x, reshape(w, [2, 6]))];
        },
        truth({ x, w }) {
          const [b, c, d] = [columns(x, 5, 1), columns(x, 0, 4), columns(x, 4, 1)];
          return [
            plainLinear.linear(c, w),
            binary((p, q) => p * q, d, b),
            { shape: c.shape, data: c.data.map(silu64) },
            plainLinear.linear(x, array([2, 6], w.data)),
          ];
        },
      },
      {
        // A view of the whole, a view of a part, and the whole itself.
        inputs: { x },
        run({ x }) {
          const flat = reshape(x, [24]);
          const back = reshape(flat, [4, 6]);
          const [, middle] = split(back, [2, 3, 1]);
          return [silu(middle), mul(flat, flat), silu(x)];
        },
        truth({ x }) {
          const middle = columns(x, 2, 3);
          const flat = array([24], x.data);
          return [
            { shape: middle.shape, data: middle.data.map(silu64) },
            binary((p, q) => p * q, flat, flat),
            { shape: x.shape, data: x.data.map(silu64) },
          ];
        },
      },
      {
        // The same input split twice.
        inputs: { x },
        run({ x }) {
          const [a, b] = split(x, 2);
          const [c, d, e] = split(x, 3);
          return [mul(a, b), mul(c, mul(d, e))];
        },
        truth({ x }) {
          const times = (p: number, q: number) => p * q;
          const [c, d, e] = [0, 2, 4].map((from) => columns(x, from, 2));
          return [binary(times, columns(x, 0, 3), columns(x, 3, 3)), binary(times, c, binary(times, d, e))];
        },
      },
    ];
    for (const c of cases) {
      for (const sliced of [false, true]) {
        expectValues(backend, c, { sliced });
        expectGradients(backend, c, { sliced });
      }
    }
  });
});
