/** Rows of a table by index. table: (V, D), ids of any shape → (…, D) */
import { type Array64, array } from './array.ts';

export function embedding(table: Array64, ids: Int32Array, shape: readonly number[]): Array64 {
  const D = table.shape[1];
  const y = array([...shape, D]);
  for (let t = 0; t < ids.length; t++) {
    for (let d = 0; d < D; d++) y.data[t * D + d] = table.data[ids[t] * D + d];
  }
  return y;
}
