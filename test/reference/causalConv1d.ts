/**
 * Causal depthwise convolution over time, then SiLU.
 *
 *   yₜ = silu(bias + Σⱼ w[K−1−j] xₜ₋ⱼ)
 *
 * Inputs before the start come from the state, the last K inputs, oldest first. An input that is
 * more than `age` steps back belongs to an earlier document and counts as zero.
 */
import { type Array64, array } from './array.ts';
import { silu } from './elementwise.ts';

export interface ConvInput {
  x: Array64; //       (B, L, D)
  weight: Array64; //  (D, 1, K) or (D, K)
  bias?: Array64; //   (D)
  state?: Array64; //  (B, K, D)
  ages?: Int32Array; //     (B, L)
  lengths?: Int32Array; //  (B)
  activation?: 'silu' | 'none';
}

/** → y: (B, L, D), zeros beyond a row's length, and the state after its last step, (B, K, D) */
export function causalConv1d(input: ConvInput): { y: Array64; state: Array64 } {
  const { x, weight, bias, ages, lengths, activation = 'silu' } = input;
  const [B, L, D] = x.shape;
  const K = weight.shape.at(-1) as number;
  const y = array([B, L, D]);
  const state = array([B, K, D]);
  for (let b = 0; b < B; b++) {
    const length = lengths ? lengths[b] : L;
    for (let d = 0; d < D; d++) {
      /** The input `back` steps before t; undefined where it belongs to an earlier document. */
      const before = (t: number, back: number) => {
        if (ages && t >= 0 && back > ages[b * L + t]) return undefined;
        if (t - back >= 0) return x.data[(b * L + t - back) * D + d];
        return input.state ? input.state.data[(b * K + K + t - back) * D + d] : 0;
      };
      for (let t = 0; t < length; t++) {
        let total = bias ? bias.data[d] : 0;
        for (let j = 0; j < K; j++) {
          const value = before(t, j);
          if (value !== undefined) total += weight.data[d * K + K - 1 - j] * value;
        }
        y.data[(b * L + t) * D + d] = activation === 'silu' ? silu(total) : total;
      }
      for (let j = 0; j < K; j++) state.data[(b * K + K - 1 - j) * D + d] = before(length - 1, j) ?? 0;
    }
  }
  return { y, state };
}
