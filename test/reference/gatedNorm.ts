/**
 * RMSNorm with a gate, over groups of the last axis.
 *
 *   s = x silu(z), y = s / √(mean(s²) + eps) · weight        or        y = x / √(mean(x²) + eps) · weight · silu(z)
 */
import { type Array64, array, rowsOf } from './array.ts';
import { silu } from './elementwise.ts';

export function gatedNorm(
  { x, z, weight }: { x: Array64; z: Array64; weight: Array64 },
  groups: number,
  eps: number,
  normBeforeGate: boolean,
): Array64 {
  const { rows, width: D } = rowsOf(x);
  const y = array(x.shape);
  const size = D / groups;
  for (let r = 0; r < rows; r++) {
    for (let group = 0; group < groups; group++) {
      const at = (i: number) => r * D + group * size + i;
      const gated = (i: number) => (normBeforeGate ? x.data[at(i)] : x.data[at(i)] * silu(z.data[at(i)]));
      let square = 0;
      for (let i = 0; i < size; i++) square += gated(i) ** 2 / size;
      for (let i = 0; i < size; i++) {
        const normed = (gated(i) / Math.sqrt(square + eps)) * weight.data[group * size + i];
        y.data[at(i)] = normBeforeGate ? normed * silu(z.data[at(i)]) : normed;
      }
    }
  }
  return y;
}
