/**
 * Pinball loss of quantiles (Koenker & Bassett 1978): smallest for the true quantiles.
 *
 *   loss = Σₜ weightₜ mean over q, p of max(τ (y − q), (τ − 1) (y − q))
 */
import { pinballBackward, pinballForward } from '../backend/kernels/quantile.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, Tensor } from '../tensor/tensor.ts';
import { requireAxes } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface PinballInput {
  /** (T, Q, P): Q quantiles of P values. */
  quantiles: Tensor;
  /** (T, P). NaN is a missing value, which costs nothing. */
  targets: Float32Array;
  /** (T): the weight of each step. */
  weights: Float32Array;
  /** (Q): the probability of each quantile. */
  levels: readonly number[];
}

/** The weighted sum over the steps, a scalar. Throws a UsageError where the counts do not fit. */
export function pinball({ quantiles, targets, weights, levels }: PinballInput): Tensor {
  requireAxes('pinball', 'quantiles', quantiles, 3, '(T, Q, P)');
  const [T, Q, P] = quantiles.shape;
  if (targets.length !== T * P || weights.length !== T || levels.length !== Q) {
    throw new UsageError(
      'pinball',
      `${targets.length} targets, ${weights.length} weights and ${levels.length} levels, expected ${T * P}, ${T} and ${Q} ` +
        `for quantiles ${show(quantiles.shape)}.`,
    );
  }
  const input = contiguous(quantiles);
  const { backend } = input;
  const [y, weight] = [backend.tensor(targets, [T, P]), backend.tensor(weights, [T])];
  const tau = backend.tensor(Float32Array.from(levels), [Q]);
  const losses = backend.empty([T]);
  const grain = Math.ceil(8192 / (Q * P));
  pinballForward(backend.device, T, grain, { q: input, y, weight, tau, losses }, { Q, P });
  const loss = new Tensor(sumTo(losses, [1], 1).storage, []);
  record({
    name: 'pinball',
    inputs: [input],
    outputs: [loss],
    backward: ([grad]) => {
      if (!grad) return [];
      const dq = backend.empty(input.shape);
      pinballBackward(backend.device, T, grain, { q: input, y, weight, tau, scale: grad, dq }, { Q, P });
      return [dq];
    },
  });
  return loss;
}
