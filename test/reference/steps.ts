/** Rows read backwards, and one vector for a row from its steps. */
import { type Array64, array } from './array.ts';

const lengthOf = (lengths: Int32Array | undefined, b: number, L: number) => lengths?.[b] ?? L;

/** x: (B, L, D) → the real steps of each row backwards, zeros after them */
export function reverse(x: Array64, lengths?: Int32Array): Array64 {
  const [B, L, D] = x.shape;
  const y = array([B, L, D]);
  for (let b = 0; b < B; b++) {
    const length = lengthOf(lengths, b, L);
    for (let t = 0; t < length; t++) {
      for (let d = 0; d < D; d++) y.data[(b * L + t) * D + d] = x.data[(b * L + length - 1 - t) * D + d];
    }
  }
  return y;
}

/** x: (B, L, D), state (B, D): the sum or the largest so far → (B, D), and the state after */
export function pool(
  pooling: 'mean' | 'last' | 'max',
  x: Array64,
  lengths?: Int32Array,
  before?: { state?: Array64; steps: readonly number[] },
): { y: Array64; state?: Array64 } {
  const [B, L, D] = x.shape;
  const y = array([B, D]);
  const state = array([B, D]);
  for (let b = 0; b < B; b++) {
    const length = lengthOf(lengths, b, L);
    for (let d = 0; d < D; d++) {
      const values = Array.from({ length }, (_, t) => x.data[(b * L + t) * D + d]);
      const old = before?.state?.data[b * D + d];
      const at = b * D + d;
      if (pooling === 'last') y.data[at] = values.at(-1) as number;
      if (pooling === 'max') state.data[at] = y.data[at] = Math.max(...values, old ?? -Infinity);
      if (pooling === 'mean') {
        state.data[at] = values.reduce((a, v) => a + v, old ?? 0);
        y.data[at] = state.data[at] / (length + (before?.steps[b] ?? 0));
      }
    }
  }
  return pooling === 'last' ? { y } : { y, state };
}
