/**
 * Quantiles that cannot cross, around a mixture of given forecasts.
 *
 *   q_m = x_m + Σⱼ gateⱼ candidateⱼ        q_{m±i} = q_{m±(i−1)} ± softplus(x_{m±i} + offset_{m±i})
 *
 * The middle one of an odd number of quantiles is the mixture with a correction; all others are steps away from it.
 */
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

export interface QuantilesInput {
  /** (T, J + Q·P): J gates, then x of each quantile, P values together. */
  raw: Tensor;
  /** (T, J, P): given forecasts of the next P values; no gradient goes to them. */
  candidates: Tensor;
  /** (Q): where x = 0 puts the steps. */
  offset: Tensor;
}

/** → (T, Q, P), ascending over Q. */
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
  const [x, given, shift] = [input.pointer, contiguous(candidates).pointer, contiguous(offset).pointer];
  backend.device.run('quantile_forward', T, grain, x, given, shift, q.pointer, J, Q, P);
  record({
    name: 'quantiles',
    inputs: [input],
    outputs: [q],
    backward: ([grad]) => {
      if (!grad) return [];
      const draw = backend.empty(input.shape);
      const dq = contiguous(grad).pointer;
      backend.device.run('quantile_backward', T, grain, x, given, shift, dq, draw.pointer, J, Q, P);
      return [draw];
    },
  });
  return q;
}
