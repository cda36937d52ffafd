/**
 * RMSNorm and LayerNorm over the last axis, alone or after adding the residual.
 *
 *   s = x + residual        y = (s − mean) / √(mean((s − mean)²) + eps) · weight + bias
 *
 * RMSNorm leaves the mean out. Official: mamba_ssm/ops/triton/layer_norm.py (rms_norm_ref, layer_norm_ref).
 */
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { sumRows } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface NormOptions {
  /** Added to x before the norm. */
  residual?: Tensor;
  bias?: Tensor;
  eps?: number;
  /** LayerNorm: take the mean away first. */
  centred?: boolean;
}

/** x: (…, D), weight: (D) → y: (…, D) and the sum x + residual that was normed. */
export function norm(x: Tensor, weight: Tensor, options: NormOptions = {}): { y: Tensor; sum: Tensor } {
  const { bias, eps = 1e-5, centred = false } = options;
  const name = centred ? 'layerNorm' : 'rmsNorm';
  requireTensor(name, 'x', x);
  const D = x.width;
  requireShape(name, 'weight', weight, [D], 'the last axis of x');
  if (bias) requireShape(name, 'bias', bias, [D], 'the last axis of x');
  if (options.residual) requireShape(name, 'residual', options.residual, x.shape, 'the shape of x');
  requireOneBackend(name, [x, weight, bias, options.residual]);
  if (!(eps >= 0)) throw new UsageError(name, `eps is ${eps}, expected a number ≥ 0.`);
  const input = contiguous(x);
  const residual = options.residual && contiguous(options.residual);
  const { backend } = input;
  const rows = input.rows;
  const y = backend.empty(input.shape);
  const total = residual ? backend.empty(input.shape) : input;
  const stats = backend.empty([rows, 2]);
  if (rows) {
    backend.device.run(
      'norm_forward',
      rows,
      Math.ceil(8192 / D),
      input.pointer,
      residual?.pointer ?? 0,
      weight.pointer,
      bias?.pointer ?? 0,
      total.pointer,
      y.pointer,
      stats.pointer,
      D,
      eps,
      Number(centred),
    );
  }
  if (!isTracked(input, residual, weight, bias)) stats.dispose();
  record({
    name,
    inputs: [input, residual, weight, bias],
    outputs: residual ? [y, total] : [y],
    backward: ([dy, dsum], to) => {
      if (!dy) return [dsum, dsum];
      const grad = contiguous(dy);
      const through = dsum && contiguous(dsum);
      const parts = partsOf(rows);
      const size = Math.ceil(rows / parts);
      const dtotal = backend.empty(input.shape);
      // Zeros where there are no rows: the kernel then does not run.
      const partial = () => (rows ? backend.empty([parts, D]) : backend.zeros([parts, D]));
      const dweight = partial();
      const dbias = bias && to.wants(bias) ? partial() : undefined;
      if (rows) {
        backend.device.run(
          'norm_backward',
          parts,
          1,
          total.pointer,
          weight.pointer,
          stats.pointer,
          grad.pointer,
          through?.pointer ?? 0,
          dtotal.pointer,
          dweight.pointer,
          dbias?.pointer ?? 0,
          rows,
          D,
          size,
          Number(centred),
        );
      }
      return [dtotal, residual && dtotal, to.wants(weight) ? sumRows(dweight) : undefined, dbias && sumRows(dbias)];
    },
  });
  return { y, sum: total };
}

/** Rows are summed in this many parts, whatever the thread count: results do not depend on it. */
const partsOf = (rows: number) => Math.max(1, Math.min(16, rows));

/** x / √(mean(x²) + eps) · weight over the last axis. x: (…, D), weight: (D) */
export function rmsNorm(x: Tensor, weight: Tensor, eps = 1e-5): Tensor {
  return norm(x, weight, { eps }).y;
}

/** (x − mean) / √(var + eps) · weight + bias over the last axis. x: (…, D), weight, bias: (D) */
export function layerNorm(x: Tensor, weight: Tensor, bias?: Tensor, eps = 1e-5): Tensor {
  return norm(x, weight, { bias, eps, centred: true }).y;
}
