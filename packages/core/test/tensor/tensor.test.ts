import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { split } from '../../src/ops/index.ts';
import { openBackend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';

describe.each(backends)('tensors on $name', ({ backend }) => {
  it('hold what they were given', async () => {
    const x = backend.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    expect([x.size, x.width, x.rows, x.shape, x.dtype]).toEqual([6, 3, 2, [2, 3], 'f32']);
    expect([...x.read()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await x.data()).toEqual(x.read());
    x.dispose();
  });

  it('give copies, and take them', () => {
    scope(() => {
      const data = Float32Array.of(1, 2);
      const x = backend.tensor(data, [2]);
      data[0] = 9;
      x.read()[1] = 9;
      expect([...x.read()]).toEqual([1, 2]);
    });
  });

  it('keep every bit of f32, infinities and NaN', () => {
    scope(() => {
      const data = Float32Array.of(-0, 1e-45, NaN, Infinity, -Infinity, 3.4e38);
      const x = backend.tensor(data, [6]);
      x.read().forEach((value, i) => {
        expect(value).toBe(data[i]);
      });
    });
  });

  it('may be empty, or a scalar', () => {
    scope(() => {
      expect([...backend.tensor([], [0, 3]).read()]).toEqual([]);
      expect([...backend.zeros([2, 0]).read()]).toEqual([]);
      expect([...backend.tensor([7], []).read()]).toEqual([7]);
      expect([...backend.full([], 8).read()]).toEqual([8]);
      expect([...backend.ints(Int32Array.of(-3), []).read()]).toEqual([-3]);
    });
  });

  it('are filled', () => {
    scope(() => {
      expect([...backend.full([37], -2.5).read()]).toEqual(new Array(37).fill(-2.5));
      expect([...backend.zeros([5, 5]).read()]).toEqual(new Array(25).fill(0));
      expect(backend.full([3], NaN).read().every(Number.isNaN)).toBe(true);
    });
  });

  it('are written over', () => {
    scope(() => {
      const x = backend.zeros([2, 2]);
      x.write([1, 2, 3, 4]);
      expect([...x.read()]).toEqual([1, 2, 3, 4]);
      expect(() => x.write([1, 2, 3])).toThrow('write: 3 values, expected 4 for shape (2, 2).');
      const [left] = split(x, 2);
      expect([...left.read()]).toEqual([1, 3]);
      expect(() => left.write([1, 2])).toThrow('write: the tensor is a slice of another. Write to the whole tensor.');
      x.dispose();
      expect(() => x.write([1, 2, 3, 4])).toThrow('was used after its memory was freed');
    });
  });

  it.each([
    ['too few values', () => backend.tensor([1], [2]), 'tensor: 1 values, expected 2 for shape (2).'],
    ['too many values', () => backend.tensor([1, 2], []), 'tensor: 2 values, expected 1 for shape ().'],
    ['no values', () => backend.tensor(undefined as never, [2]), 'tensor: no values, expected 2 for shape (2).'],
    ['a negative axis', () => backend.tensor([], [-1]), 'tensor: the shape is [-1], expected a list'],
    ['half an axis', () => backend.tensor([1, 2, 3], [1.5, 2]), 'tensor: the shape is [1.5, 2], expected a list'],
    ['NaN', () => backend.zeros([NaN]), 'full: the shape is [NaN], expected a list of whole numbers ≥ 0.'],
    ['no shape', () => backend.zeros(undefined as never), 'full: the shape is undefined, expected a list'],
    ['a number', () => backend.full(3 as never, 1), 'full: the shape is 3, expected a list of whole numbers ≥ 0.'],
    ['ints of another count', () => backend.ints(Int32Array.of(1), [2]), 'ints: 1 values, expected 2 for shape (2).'],
  ])('refuse %s', (_, make, message) => {
    const { used } = backend.heap;
    expect(make).toThrow(message);
    expect(backend.heap.used).toBe(used);
  });

  it('are freed at the end of `using`', () => {
    const x = backend.full([16], 1);
    x[Symbol.dispose]();
    expect(() => x.read()).toThrow('was used after its memory was freed');
  });

  it('cannot be used after their backend', async () => {
    const other = await openBackend(backend.name, { threads: 1 });
    for (const shape of [[Number.NaN], [-1], [1.5]]) expect(() => other.empty(shape)).toThrow('empty');
    const x = other.tensor([1, 2], [2]);
    other.dispose();
    other.dispose();
    expect(() => x.read()).toThrow('A tensor of shape (2) was used after its backend was disposed.');
    expect(() => x.write([1, 2])).toThrow('A tensor of shape (2) was used after its backend was disposed.');
    expect(() => other.zeros([2])).toThrow('The backend was disposed. Open another with openBackend().');
    x.dispose();
  });
});
