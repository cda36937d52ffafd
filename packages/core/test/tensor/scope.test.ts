import { describe, expect, it, vi } from 'vitest';
import { anyBackend as backend } from '../../../../test/support/backends.ts';
import { add, exp, split, sum } from '../../src/ops/index.ts';
import { keep, scope } from '../../src/tensor/scope.ts';
import { held } from '../../src/tensor/storage.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

const t = (value = 0) => backend.full([16], value);
const alive = (x: Tensor) => !x.storage.freed;

describe('scope', () => {
  it('frees what it does not return', () => {
    const { used } = backend.heap;
    const made: Tensor[] = [];
    const kept = scope(() => {
      made.push(t(1), t(2));
      return add(made[0], made[1]);
    });
    expect(made.map(alive)).toEqual([false, false]);
    expect(kept.read()[0]).toBe(3);
    expect(backend.heap.used).toBe(used + 64);
    kept.dispose();
    expect(backend.heap.used).toBe(used);
  });

  it('keeps tensors in arrays, objects, maps and sets, at any depth', () => {
    scope(() => {
      class Holder {
        constructor(
          readonly tensor: Tensor,
          readonly self: { holder?: Holder } = {},
        ) {
          this.self.holder = this;
        }
      }
      const lost: Tensor[] = [];
      const result = scope(() => {
        lost.push(t(), t());
        return {
          plain: t(1),
          array: [t(2), [t(3)]],
          map: new Map([['a', { b: t(4) }]]),
          set: new Set([t(5)]),
          holder: new Holder(t(6)),
          other: [null, undefined, 7, 'text', () => 0, new Float32Array(3)],
        };
      });
      const kept = [
        result.plain,
        result.array[0] as Tensor,
        (result.array[1] as Tensor[])[0],
        result.map.get('a')?.b as Tensor,
        [...result.set][0],
        result.holder.tensor,
      ];
      expect(kept.map((x) => x.read()[0])).toEqual([1, 2, 3, 4, 5, 6]);
      expect(lost.map(alive)).toEqual([false, false]);
    });
  });

  it('keeps what an object with `held` says, and nothing else of it', () => {
    scope(() => {
      class Box {
        readonly lost = t(1);
        readonly kept = t(2);
        [held]() {
          return [this.kept];
        }
      }
      const box = scope(() => new Box());
      expect([box.lost, box.kept].map(alive)).toEqual([false, true]);
    });
  });

  it('keeps the whole of a view that is returned', () => {
    scope(() => {
      const view = scope(() => split(backend.tensor([1, 2, 3, 4], [2, 2]), 2)[1]);
      expect([...view.read()]).toEqual([2, 4]);
    });
  });

  it('gives what it returns to the outer scope', () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = scope(() => scope(() => t(4)));
      expect(inner.read()[0]).toBe(4);
    });
    expect(() => inner?.read()).toThrow('A tensor of shape (16) was used after its memory was freed.');
  });

  it('does not free what it did not make', () => {
    scope(() => {
      const outside = t(2);
      scope(() => exp(outside).read());
      expect(alive(outside)).toBe(true);
    });
  });

  it('frees everything when it fails, and the outer scope is current again', () => {
    const { used } = backend.heap;
    expect(() =>
      scope(() => {
        t();
        scope(() => {
          t();
          throw new Error('on purpose');
        });
      }),
    ).toThrow('on purpose');
    expect(backend.heap.used).toBe(used);
    // The scope that failed is not the current one any more.
    const after = t();
    expect(alive(after)).toBe(true);
    after.dispose();
  });

  it('accepts that a tensor was freed by hand', () => {
    const { used } = backend.heap;
    scope(() => {
      const x = t();
      x.dispose();
      x.dispose();
      return x;
    });
    expect(backend.heap.used).toBe(used);
  });

  it('refuses an async function, and frees what it made', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { used } = backend.heap;
    const start = async () => {
      const x = t();
      await null;
      x.read();
    };
    const message = 'scope: the function is async, expected one that returns its result.';
    expect(() => scope(start)).toThrow(message);
    expect(() => valueAndGrad(() => scope(start) as never, {})).toThrow(message);
    expect(backend.heap.used).toBe(used);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('holds everything open while gradients are recorded', () => {
    scope(() => {
      const x = t(0.5);
      const { grads } = valueAndGrad(
        () =>
          scope(() => {
            const y = scope(() => exp(x));
            return sum(exp(y));
          }),
        { x },
      );
      const y = Math.exp(0.5);
      expect(grads.x.read()[3]).toBeCloseTo(y * Math.exp(y), 4);
    });
  });

  it('does not walk through backends', () => {
    scope(() => {
      // Many blocks: the heap's chain of them is far deeper than the stack.
      const many = Array.from({ length: 20_000 }, () => backend.zeros([1]));
      const result = scope(() => ({ backend, tensor: t(3), lost: 1 }));
      expect(result.tensor.read()[0]).toBe(3);
      for (const x of many) x.dispose();
    });
  });
});

describe('keep', () => {
  it('takes a tensor out of its scope', () => {
    const { used } = backend.heap;
    let kept: Tensor | undefined;
    scope(() => {
      kept = keep(t(5));
    });
    expect(kept?.read()[0]).toBe(5);
    kept?.dispose();
    expect(backend.heap.used).toBe(used);
  });

  it('takes a tensor out of a scope further out', () => {
    let kept: Tensor | undefined;
    scope(() => {
      const x = t(6);
      scope(() => {
        kept = keep(x);
      });
    });
    expect(kept?.read()[0]).toBe(6);
    kept?.dispose();
  });

  it('keeps across valueAndGrad', () => {
    let kept: Tensor | undefined;
    scope(() => {
      const x = t(1);
      valueAndGrad(
        () => {
          kept = keep(exp(x));
          return sum(kept);
        },
        { x },
      );
    });
    expect(kept?.read()[0]).toBeCloseTo(Math.E, 5);
    kept?.dispose();
  });
});

describe('tensors outside of any scope', () => {
  it('live until disposed', () => {
    const { used } = backend.heap;
    const x = t(1);
    expect(backend.heap.used).toBe(used + 64);
    x.dispose();
    expect(backend.heap.used).toBe(used);
    expect(() => x.read()).toThrow('was used after its memory was freed');
  });
});
