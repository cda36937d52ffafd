import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { normal, uniforms } from '../../../../test/support/random.ts';
import {
  add,
  causalConv1d,
  crossEntropy,
  div,
  exp,
  linear,
  mean,
  mul,
  reshape,
  rmsNorm,
  selectiveScan,
  silu,
  split,
  sub,
  sum,
} from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';
import { isTracked, valueAndGrad, withoutGradients } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

describe.each(backends)('valueAndGrad on $name', ({ backend }) => {
  const t = (values: number[], shape = [values.length]) => backend.tensor(values, shape);
  const read = (grads: Record<string, Tensor>) =>
    Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, [...grad.read()]]));

  it('gives the value and the gradients', () => {
    scope(() => {
      const x = t([1, 2, 3]);
      const y = t([4, 5, 6]);
      const { value, grads } = valueAndGrad(() => sum(mul(x, y)), { x, y });
      expect(value.read()[0]).toBe(32);
      expect(value.shape).toEqual([]);
      expect(read(grads)).toEqual({ x: [4, 5, 6], y: [1, 2, 3] });
    });
  });

  it('gives zeros for a parameter that is not used', () => {
    scope(() => {
      const [x, unused] = [t([1, 2]), t([1, 2, 3, 4], [2, 2])];
      const { grads } = valueAndGrad(() => sum(x), { x, unused });
      expect(grads.unused.shape).toEqual([2, 2]);
      expect(read(grads)).toEqual({ x: [1, 1], unused: [0, 0, 0, 0] });
    });
  });

  it('gives zeros where the value does not depend on the parameters', () => {
    scope(() => {
      const [x, y] = [t([1, 2]), t([3, 4])];
      expect(read(valueAndGrad(() => sum(y), { x }).grads)).toEqual({ x: [0, 0] });
      const { grads } = valueAndGrad(
        () => {
          exp(split(x, 2)[0]);
          return sum(y);
        },
        { x, y },
      );
      expect(read(grads)).toEqual({ x: [0, 0], y: [1, 1] });
    });
  });

  it('takes a parameter as the value', () => {
    scope(() => {
      const x = backend.full([], 3);
      const { value, grads } = valueAndGrad(() => x, { x });
      expect([value.read()[0], grads.x.read()[0]]).toEqual([3, 1]);
    });
  });

  it('takes no parameters', () => {
    scope(() => {
      const { value, grads } = valueAndGrad(() => sum(t([1, 2])), {});
      expect([value.read()[0], grads]).toEqual([3, {}]);
    });
  });

  it('sums the gradients of a tensor that is used many times', () => {
    scope(() => {
      const x = t([1, 2]);
      const { grads } = valueAndGrad(
        () => {
          let y = x;
          for (let i = 0; i < 5; i++) y = add(y, x);
          return sum(add(y, mul(x, x)));
        },
        { x },
      );
      // 6 x + x²
      expect(read(grads)).toEqual({ x: [8, 10] });
    });
  });

  it('sums the gradients of one input twice', () => {
    scope(() => {
      const x = t([2, 3]);
      const grad = (f: (x: Tensor) => Tensor) => [...valueAndGrad(() => sum(f(x)), { x }).grads.x.read()];
      expect(grad((x) => add(x, x))).toEqual([2, 2]);
      expect(grad((x) => mul(x, x))).toEqual([4, 6]);
      expect(grad((x) => sub(x, x))).toEqual([0, 0]);
      expect(grad((x) => mul(mul(x, x), mul(x, x)))).toEqual([32, 108]);
      expect(grad((x) => add(add(x, x), add(x, x)))).toEqual([4, 4]);
    });
  });

  it('accepts one tensor under two names', () => {
    scope(() => {
      const x = t([2, 3]);
      const { grads } = valueAndGrad(() => sum(mul(x, x)), { a: x, b: x });
      expect(read(grads)).toEqual({ a: [4, 6], b: [4, 6] });
    });
  });

  it('gives every gradient its own memory', () => {
    scope(() => {
      const [a, b] = [t([1, 2]), t([3, 4])];
      const { value, grads } = valueAndGrad(() => sum(add(a, b)), { a, b, again: a });
      grads.a.write([7, 7]);
      expect(read(grads)).toEqual({ a: [7, 7], b: [1, 1], again: [1, 1] });
      grads.a.dispose();
      grads.again.dispose();
      expect(read({ b: grads.b, value })).toEqual({ b: [1, 1], value: [10] });
      for (const grad of [grads.b]) expect(grad.storage.bytes).toBe(4 * grad.size);
    });
  });

  it('leaves the inputs as they were', () => {
    scope(() => {
      const x = t([1, 2, 3, 4], [2, 2]);
      const w = t([1, 0, 0, 1], [2, 2]);
      valueAndGrad(
        () => {
          const [a, b] = split(add(x, linear(x, w)), 2);
          return sum(add(mul(a, b), a));
        },
        { x, w },
      );
      expect([...x.read(), ...w.read()]).toEqual([1, 2, 3, 4, 1, 0, 0, 1]);
    });
  });

  it('writes gradients of slices into place: split, reshape, and both', () => {
    scope(() => {
      const x = t([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 6]);
      const ones = t([1, 1, 1], [1, 3]);
      const { grads } = valueAndGrad(
        () => {
          const [a, b] = split(x, 2);
          const c = reshape(a, [2, 1, 3]);
          // linear places its gradient; mul does not.
          return add(sum(linear(c, ones)), add(sum(linear(a, ones)), sum(mul(b, b))));
        },
        { x },
      );
      expect([...grads.x.read()]).toEqual([2, 2, 2, 8, 10, 12, 2, 2, 2, 20, 22, 24]);
    });
  });

  it('gives a slice that is not used zeros', () => {
    scope(() => {
      const x = t([1, 2, 3, 4, 5, 6], [2, 3]);
      const { grads } = valueAndGrad(() => sum(linear(split(x, 3)[1], t([1], [1, 1]))), { x });
      expect([...grads.x.read()]).toEqual([0, 1, 0, 0, 1, 0]);
    });
  });

  it('differentiates twice through a slice that was placed', () => {
    scope(() => {
      const x = t([1, 2, 3, 4], [2, 2]);
      const one = t([1], [1, 1]);
      const { grads } = valueAndGrad(
        () => {
          const [a, b] = split(x, 2);
          const uses = [linear(a, one), linear(b, one), linear(a, one), mul(a, b), linear(a, one)];
          return uses.map((y) => sum(y)).reduce((p, q) => add(p, q));
        },
        { x },
      );
      // a: three times itself and b; b: itself and a.
      expect([...grads.x.read()]).toEqual([3 + 2, 1 + 1, 3 + 4, 1 + 3]);
    });
  });

  it('does not record without gradients', () => {
    scope(() => {
      const x = t([2]);
      expect(isTracked(x)).toBe(false);
      const { grads } = valueAndGrad(
        () => {
          expect(isTracked(x, undefined)).toBe(true);
          const constant = withoutGradients(() => {
            expect(isTracked(x)).toBe(false);
            return mul(x, x);
          });
          expect(isTracked(constant)).toBe(false);
          return sum(mul(x, constant));
        },
        { x },
      );
      expect([...grads.x.read()]).toEqual([4]);
    });
  });

  it.each([
    [
      'another inside',
      () => valueAndGrad(() => sum(t([1])), {}).value,
      'valueAndGrad: called inside another. Gradients of gradients are not available.',
    ],
    [
      'a vector',
      () => t([1, 2]),
      'valueAndGrad: the function returned a tensor of shape (2), expected a scalar of shape (). Reduce it with sum() or mean().',
    ],
    [
      'a tensor of shape (1)',
      () => t([1]),
      'valueAndGrad: the function returned a tensor of shape (1), expected a scalar',
    ],
    ['nothing', () => undefined, 'valueAndGrad: the function returned undefined, expected a scalar'],
    ['a number', () => 3, 'valueAndGrad: the function returned number, expected a scalar'],
    ['an async function', async () => t([1]), 'valueAndGrad: the function returned object, expected a scalar'],
    [
      'a failure',
      () => {
        throw new Error('on purpose');
      },
      'on purpose',
    ],
  ])('refuses %s, frees all, and works afterwards', (_, f, message) => {
    const x = t([1, 2]);
    const { used } = backend.heap;
    const run = () =>
      valueAndGrad(
        () => {
          exp(x);
          return f() as Tensor;
        },
        { x },
      );
    expect(run).toThrow(message);
    expect(backend.heap.used).toBe(used);
    expect(isTracked(x)).toBe(false);
    scope(() => expect([...valueAndGrad(() => sum(x), { x }).grads.x.read()]).toEqual([1, 1]));
    x.dispose();
  });

  it('refuses a parameter whose memory was freed', () => {
    const x = t([1, 2]);
    x.dispose();
    expect(() => valueAndGrad(() => sum(x), { x })).toThrow('was used after its memory was freed');
  });

  /** A small model of every fused operation. */
  const model = () => {
    const random = uniforms(3);
    const make = (shape: number[], scale = 0.3) =>
      backend.tensor(Float32Array.from(normal(random, shape, scale).data), shape);
    const parameters = {
      x: make([2, 9, 6]),
      norm: make([6]),
      inProj: make([16, 6]),
      conv: make([8, 1, 4]),
      convBias: make([8]),
      xProj: make([14, 8]),
      A: make([8, 3]),
      D: make([8]),
      outProj: make([6, 8]),
    };
    const targets = Int32Array.from({ length: 18 }, (_, i) => i % 6);
    const loss = () => {
      const p = parameters;
      const [x, z] = split(linear(rmsNorm(p.x, p.norm), p.inProj), 2);
      const { y: u } = causalConv1d({ x, weight: p.conv, bias: p.convBias });
      const [delta, B, C] = split(linear(u, p.xProj), [8, 3, 3]);
      const { out } = selectiveScan({ u, delta, A: sub(p.A, exp(p.A)), B, C, D: p.D, z, deltaSoftplus: true });
      const logits = add(linear(out, p.outProj), div(silu(p.x), exp(p.x)));
      return add(crossEntropy(logits, targets), mean(mul(p.x, p.x)));
    };
    return { parameters, loss };
  };

  it('gives the same bits every time, and memory stays flat', () => {
    scope(() => {
      const { parameters, loss } = model();
      const step = () =>
        scope(() => {
          const { value, grads } = valueAndGrad(loss, parameters);
          return { ...read(grads), value: [...value.read()] };
        });
      const first = step();
      const { used, reserved } = backend.heap;
      for (let i = 0; i < 20; i++) {
        const next = step();
        for (const [name, values] of Object.entries(next)) {
          expectIdentical(Float32Array.from(values), Float32Array.from(first[name as keyof typeof first]), name);
        }
        expect(backend.heap.used).toBe(used);
      }
      expect(backend.heap.reserved).toBe(reserved);
    });
  });

  it('keeps the value and the gradients, and nothing else', () => {
    scope(() => {
      const { parameters, loss } = model();
      const { used } = backend.heap;
      const { value, grads } = valueAndGrad(loss, parameters);
      const sizes = [value, ...Object.values(grads)].map((x) => Math.ceil((4 * x.size) / 64) * 64);
      expect(backend.heap.used).toBe(used + sizes.reduce((a, b) => a + b));
      for (const x of [value, ...Object.values(grads)]) x.dispose();
      expect(backend.heap.used).toBe(used);
    });
  });
});
