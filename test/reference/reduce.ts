/** Sums and means over axes, which disappear. */
import { type Array64, array, map } from './array.ts';

export function sum(x: Array64, axes: readonly number[] = x.shape.map((_, i) => i)): Array64 {
  const gone = (i: number) => axes.includes(i) || axes.includes(i - x.shape.length);
  const y = array(x.shape.filter((_, i) => !gone(i)));
  for (let k = 0; k < x.data.length; k++) {
    // The index along each axis, the last first, and where the kept ones lead in y.
    let [rest, at, stride] = [k, 0, 1];
    for (let i = x.shape.length - 1; i >= 0; i--) {
      const index = rest % x.shape[i];
      rest = Math.floor(rest / x.shape[i]);
      if (gone(i)) continue;
      at += index * stride;
      stride *= x.shape[i];
    }
    y.data[at] += x.data[k];
  }
  return y;
}

export function mean(x: Array64, axes?: readonly number[]): Array64 {
  const total = sum(x, axes);
  const count = x.data.length / total.data.length;
  return map(total, (value) => value / count);
}
