/**
 * RMSNorm with a gate, over groups of the last axis.
 *
 *   y = s / √(mean(s²) + eps) · weight        s = x · silu(z)
 *
 * or, with `normBeforeGate`, y = x / √(mean(x²) + eps) · weight · silu(z).
 *
 * Official: mamba_ssm/ops/triton/layernorm_gated.py (rms_norm_ref); Mamba-2 norms after the gate.
 */
import { gatedNormBackward, gatedNormForward } from '../backend/kernels/norm.ts';
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { sumRows } from './reduce.ts';

export interface GatedNormInput {
  x: Tensor; //       (…, D)
  z: Tensor; //       (…, D), the gate
  weight: Tensor; //  (D)
  /** Each group of D / groups values is normed alone. Default: 1. */
  groups?: number;
  /** Default: 1e-5. */
  eps?: number;
  /** Default: false. */
  normBeforeGate?: boolean;
}

/** Rows are summed in this many parts, whatever the thread count: results do not depend on it. */
const PARTS = 16;

/** RMSNorm of x · silu(z). Returns (…, D). Throws a UsageError for shapes that do not fit. */
export function gatedNorm(input: GatedNormInput): Tensor {
  const { x, z, weight, groups = 1, eps = 1e-5, normBeforeGate: before = false } = input;
  requireTensor('gatedNorm', 'x', x);
  const D = x.width;
  requireShape('gatedNorm', 'z', z, x.shape, 'the shape of x');
  requireShape('gatedNorm', 'weight', weight, [D], 'the last axis of x');
  requireOneBackend('gatedNorm', [x, z, weight]);
  if (!(eps >= 0)) throw new UsageError('gatedNorm', `eps is ${eps}, expected a number ≥ 0.`);
  if (!Number.isInteger(groups) || groups < 1 || D % groups !== 0) {
    throw new UsageError('gatedNorm', `${groups} groups, expected a divisor of ${D}, the last axis of x.`);
  }
  const { backend, rows } = x;
  const size = D / groups;
  const y = backend.empty(x.shape);
  const rstd = backend.empty([rows, groups]);
  gatedNormForward(backend.device, rows, Math.ceil(4096 / D), { x, z, weight, y, rstd }, { D, size, eps, before });
  if (!isTracked(x, z, weight)) rstd.dispose();
  record({
    name: 'gatedNorm',
    inputs: [x, z, weight],
    outputs: [y],
    backward: ([dy], to) => {
      if (!dy) return [];
      const parts = Math.max(1, Math.min(PARTS, rows));
      const [dx, dz] = [to.place(x), to.place(z)];
      // Zeros where there are no rows: the kernel then does not run.
      const dweight = rows ? backend.empty([parts, D]) : backend.zeros([parts, D]);
      const operands = { x, z, weight, rstd, dy, dx, dz, dweight };
      const sizes = { R: rows, D, size, rows: Math.ceil(rows / parts), before };
      gatedNormBackward(backend.device, rows ? parts : 0, 1, operands, sizes);
      return [dx, dz, to.wants(weight) ? sumRows(dweight) : undefined];
    },
  });
  return y;
}
