/** Mean squared error against target values. Official: torch.nn.functional.mse_loss. */
import { UsageError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireTensor } from './check.ts';
import { mul, square, sub } from './elementwise.ts';
import { mean, sum } from './reduce.ts';

/**
 * Mean squared error, a scalar, over the targets that are not NaN. outputs: any shape; targets: a value for each.
 * Throws a UsageError where the counts differ, and where every target is missing (NaN).
 */
export function squaredError(outputs: Tensor, targets: Float32Array): Tensor {
  requireTensor('squaredError', 'outputs', outputs);
  if (!(targets instanceof Float32Array)) {
    const got = Array.isArray(targets) ? 'a list' : typeof targets;
    throw new UsageError(
      'squaredError',
      `targets is ${got}, expected a Float32Array. Make one with Float32Array.from().`,
    );
  }
  if (targets.length !== outputs.size) {
    throw new UsageError(
      'squaredError',
      `${targets.length} targets, expected ${outputs.size}, the values of outputs (${outputs.shape.join(', ')}).`,
    );
  }
  const { backend, shape } = outputs;
  const count = targets.reduce((n, target) => n + Number(!Number.isNaN(target)), 0);
  if (count === 0)
    throw new UsageError('squaredError', 'every target is missing (NaN), expected at least one that counts.');
  if (count === targets.length) return mean(square(sub(outputs, backend.tensor(targets, shape))));
  const known = targets.map((target) => (Number.isNaN(target) ? 0 : target));
  const weights = targets.map((target) => (Number.isNaN(target) ? 0 : 1 / count));
  const errors = square(sub(outputs, backend.tensor(known, shape)));
  return sum(mul(errors, backend.tensor(weights, shape)));
}
