/** exp(x) / Σ exp(x) over the last axis. */
import { type Array64, array, rowsOf } from './array.ts';

export function softmax(x: Array64): Array64 {
  const { rows, width } = rowsOf(x);
  const y = array(x.shape);
  for (let r = 0; r < rows; r++) {
    const row = x.data.subarray(r * width, (r + 1) * width);
    const top = Math.max(...row);
    let total = 0;
    for (const value of row) total += Math.exp(value - top);
    for (let i = 0; i < width; i++) y.data[r * width + i] = Math.exp(row[i] - top) / total;
  }
  return y;
}
