/** Swaps the last two axes: (…, R, C) to (…, C, R). */
import { type Array64, array } from './array.ts';

export function transposeLast(x: Array64): Array64 {
  const [R, C] = x.shape.slice(-2);
  const y = array([...x.shape.slice(0, -2), C, R]);
  for (let k = 0; k < x.data.length; k++) {
    const matrix = Math.floor(k / (R * C));
    const [r, c] = [Math.floor(k / C) % R, k % C];
    y.data[matrix * R * C + c * R + r] = x.data[k];
  }
  return y;
}

/** Columns [from, from + width) of the last axis. */
export function columns(x: Array64, from: number, width: number): Array64 {
  const whole = x.shape.at(-1) as number;
  const y = array([...x.shape.slice(0, -1), width]);
  for (let k = 0; k < y.data.length; k++) y.data[k] = x.data[Math.floor(k / width) * whole + from + (k % width)];
  return y;
}
