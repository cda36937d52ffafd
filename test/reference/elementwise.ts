/** Functions of one element, and of two with NumPy's broadcasting. */
import { type Array64, array } from './array.ts';

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);
/** log(1 + exp(x)), linear above 20 as the official code has it. */
export const softplus = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x)));

/** The series near zero, the continued fraction of erfc elsewhere: good to f64. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0) return -erf(-x);
  if (x > 6) return 1;
  if (x < 2.5) {
    let [term, total] = [x, x];
    for (let n = 1; n < 80; n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (x + fraction);
  return 1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}

export const gelu = (x: number): number => (x / 2) * (1 + erf(x / Math.SQRT2));
export const geluTanh = (x: number): number =>
  (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
export const relu = (x: number): number => Math.max(0, x);

/** f(a, b) over broadcast shapes: axes align at the right; equal, or 1 on one side. */
export function binary(f: (a: number, b: number) => number, a: Array64, b: Array64): Array64 {
  const axes = Math.max(a.shape.length, b.shape.length);
  const size = (x: Array64, axis: number) => x.shape[axis - axes + x.shape.length] ?? 1;
  const shape = Array.from({ length: axes }, (_, i) => (size(a, i) === 1 ? size(b, i) : size(a, i)));
  const y = array(shape);
  const index = new Array<number>(axes).fill(0);
  for (let k = 0; k < y.data.length; k++) {
    let rest = k;
    for (let i = axes - 1; i >= 0; i--) {
      index[i] = rest % shape[i];
      rest = Math.floor(rest / shape[i]);
    }
    const pick = (x: Array64) => {
      let at = 0;
      for (let i = 0; i < axes; i++) if (i >= axes - x.shape.length) at = at * size(x, i) + (index[i] % size(x, i));
      return x.data[at];
    };
    y.data[k] = f(pick(a), pick(b));
  }
  return y;
}
