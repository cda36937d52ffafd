/**
 * Quantiles that cannot cross, around a mixture of given forecasts (candidates).
 *
 *   q_m = x_m + Σⱼ gateⱼ candidateⱼ        q_{m±i} = q_{m±(i−1)} ± softplus(x_{m±i} + offset_{m±i})
 *
 * The middle one of an odd number of quantiles is the mixture plus a correction; all others are steps away from it.
 */
import { quantileBackward, quantileForward } from '../backend/kernels/quantile.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

export interface QuantilesInput {
  /** (T, J + Q·P): J gates, then x, P values of each quantile together. */
  raw: Tensor;
  /** (T, J, P): given forecasts of the next P values; no gradient goes to them. */
  candidates: Tensor;
  /** (Q): added to x, it sets the size of the steps at x = 0. */
  offset: Tensor;
}

/** Returns (T, Q, P), ascending over Q. Throws a UsageError for shapes that do not fit, and for an even Q. */
export function quantiles({ raw, candidates, offset }: QuantilesInput): Tensor {
  requireTensor('quantiles', 'raw', raw);
  requireTensor('quantiles', 'candidates', candidates);
  requireTensor('quantiles', 'offset', offset);
  requireOneBackend('quantiles', [raw, candidates, offset]);
  const [T, J, P] = candidates.shape;
  const Q = offset.size;
  if (candidates.shape.length !== 3 || Q % 2 !== 1) {
    throw new UsageError(
      'quantiles',
      `candidates are ${show(candidates.shape)} and offset ${show(offset.shape)}, expected (T, J, P) and an odd number.`,
    );
  }
  requireShape('quantiles', 'raw', raw, [T, J + Q * P], 'J gates and Q·P values a row');
  const input = contiguous(raw);
  const { backend } = raw;
  const q = backend.empty([T, Q, P]);
  const grain = Math.ceil(2048 / (Q * P));
  const [given, shift] = [contiguous(candidates), contiguous(offset)];
  quantileForward(backend.device, T, grain, { raw: input, candidates: given, offset: shift, q }, { J, Q, P });
  record({
    name: 'quantiles',
    inputs: [input],
    outputs: [q],
    backward: ([grad]) => {
      if (!grad) return [];
      const draw = backend.empty(input.shape);
      const operands = { raw: input, candidates: given, offset: shift, dq: contiguous(grad), draw };
      quantileBackward(backend.device, T, grain, operands, { J, Q, P });
      return [draw];
    },
  });
  return q;
}
