/**
 * RMSNorm and LayerNorm over the last axis, after adding the residual.
 *
 *   s = x + residual        y = (s − mean) / √(mean((s − mean)²) + eps) · weight + bias
 */
import { type Array64, array, rowsOf } from './array.ts';

export interface NormInput {
  x: Array64;
  weight: Array64;
  residual?: Array64;
  bias?: Array64;
}

export function norm({ x, weight, residual, bias }: NormInput, eps: number, centred: boolean) {
  const { rows, width: D } = rowsOf(x);
  const [y, sum] = [array(x.shape), array(x.shape)];
  for (let r = 0; r < rows; r++) {
    let mean = 0;
    for (let d = 0; d < D; d++) {
      const at = r * D + d;
      sum.data[at] = x.data[at] + (residual ? residual.data[at] : 0);
      if (centred) mean += sum.data[at] / D;
    }
    let square = 0;
    for (let d = 0; d < D; d++) square += (sum.data[r * D + d] - mean) ** 2 / D;
    for (let d = 0; d < D; d++) {
      const normed = (sum.data[r * D + d] - mean) / Math.sqrt(square + eps);
      y.data[r * D + d] = normed * weight.data[d] + (bias ? bias.data[d] : 0);
    }
  }
  return { y, sum };
}
