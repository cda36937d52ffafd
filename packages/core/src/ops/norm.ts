/**
 * RMSNorm and LayerNorm over the last axis, alone or after adding the residual.
 *
 *   s = x + residual        y = (s − mean) / √(mean((s − mean)²) + eps) · weight + bias
 *
 * RMSNorm leaves the mean out. Official: mamba_ssm/ops/triton/layer_norm.py (rms_norm_ref, layer_norm_ref).
 */
import { normBackward, normForward } from '../backend/kernels/norm.ts';
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { sumRows } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface NormOptions {
  /** Of the shape of x, added to it before the norm. Default: none. */
  residual?: Tensor;
  /** (D). Default: none. */
  bias?: Tensor;
  /** Default: 1e-5. */
  eps?: number;
  /** LayerNorm, which subtracts the mean first. Default: false, RMSNorm. */
  centred?: boolean;
}

/**
 * RMSNorm or LayerNorm after a residual. x: (…, D), weight: (D).
 *
 *   const { y, sum } = norm(x, weight, { residual });   // y = rmsNorm(sum, weight), sum = x + residual
 *
 * Returns y and sum, of the shape of x. Throws a UsageError for shapes that do not fit.
 */
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
  const { backend, rows } = input;
  const y = backend.empty(input.shape);
  const s = residual ? backend.empty(input.shape) : input;
  const stats = backend.empty([rows, 2]);
  const grain = Math.ceil(8192 / D);
  normForward(backend.device, rows, grain, { x: input, residual, weight, bias, s, y, stats }, { D, eps, centred });
  if (!isTracked(input, residual, weight, bias)) stats.dispose();
  record({
    name,
    inputs: [input, residual, weight, bias],
    outputs: residual ? [y, s] : [y],
    backward: ([grad, gradSum], to) => {
      if (!grad) return [gradSum, gradSum];
      const dy = contiguous(grad);
      const dres = gradSum && contiguous(gradSum);
      const parts = partsOf(rows);
      const ds = backend.empty(input.shape);
      // Zeros where there are no rows: the kernel then does not run.
      const partial = () => (rows ? backend.empty([parts, D]) : backend.zeros([parts, D]));
      const dweight = partial();
      const dbias = bias && to.wants(bias) ? partial() : undefined;
      const operands = { s, weight, stats, dy, dres, ds, dweight, dbias };
      const sizes = { R: rows, D, size: Math.ceil(rows / parts), centred };
      normBackward(backend.device, rows ? parts : 0, 1, operands, sizes);
      return [ds, residual && ds, to.wants(weight) ? sumRows(dweight) : undefined, dbias && sumRows(dbias)];
    },
  });
  return { y, sum: s };
}

/** Rows are summed in this many parts, whatever the thread count: results do not depend on it. */
const partsOf = (rows: number) => Math.max(1, Math.min(16, rows));

/** x / √(mean(x²) + eps) · weight over the last axis. x: (…, D), weight: (D). Default: eps = 1e-5. */
export function rmsNorm(x: Tensor, weight: Tensor, eps = 1e-5): Tensor {
  return norm(x, weight, { eps }).y;
}

/** (x − mean) / √(var + eps) · weight + bias over the last axis. x: (…, D), weight, bias: (D). Default: eps = 1e-5. */
export function layerNorm(x: Tensor, weight: Tensor, bias?: Tensor, eps = 1e-5): Tensor {
  return norm(x, weight, { bias, eps, centred: true }).y;
}
