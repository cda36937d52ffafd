/** Cross-entropy of logits against target indices. Official: torch.nn.functional.cross_entropy. */
import { crossEntropyBackward, crossEntropyForward } from '../backend/kernels/loss.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, Tensor } from '../tensor/tensor.ts';
import { requireTensor } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/**
 * Mean cross-entropy in nats, a scalar, over the targets that are not negative.
 *
 * logits: (…, V). targets: for each row of logits an index below V, or a negative number: ignored.
 *
 *   crossEntropy(backend.tensor([0, 0, 0, 0], [2, 2]), Int32Array.of(1, -1));   // log 2
 *
 * Throws a UsageError where the counts differ, for a target of V or more, and where every target is ignored.
 */
export function crossEntropy(logits: Tensor, targets: Int32Array): Tensor {
  requireTensor('crossEntropy', 'logits', logits);
  if (!(targets instanceof Int32Array)) {
    const got = Array.isArray(targets) ? 'a list' : typeof targets;
    throw new UsageError('crossEntropy', `targets is ${got}, expected an Int32Array. Make one with Int32Array.from().`);
  }
  const input = contiguous(logits);
  const { backend, rows, width: V } = input;
  if (targets.length !== rows) {
    throw new UsageError(
      'crossEntropy',
      `${targets.length} targets, expected ${rows}, the rows of logits ${show(logits.shape)}.`,
    );
  }
  let count = 0;
  for (let i = 0; i < rows; i++) {
    if (targets[i] >= V)
      throw new UsageError(
        'crossEntropy',
        `target ${targets[i]} at row ${i}, expected below ${V}, the last axis of logits.`,
      );
    if (targets[i] >= 0) count++;
  }
  if (count === 0)
    throw new UsageError('crossEntropy', 'every target is ignored (negative), expected at least one that counts.');
  const ids = backend.ints(targets, [rows]);
  const losses = backend.empty([rows]);
  const lse = backend.empty([rows]);
  const grain = Math.ceil(8192 / V);
  crossEntropyForward(backend.device, rows, grain, { logits: input, targets: ids, losses, lse }, { V });
  const loss = new Tensor(sumTo(losses, [1], 1 / count).storage, []);
  record({
    name: 'crossEntropy',
    inputs: [input],
    outputs: [loss],
    backward: ([grad]) => {
      if (!grad) return [];
      const dlogits = backend.empty(input.shape);
      const operands = { logits: input, targets: ids, lse, scale: grad, dlogits };
      crossEntropyBackward(backend.device, rows, grain, operands, { divisor: count, V });
      return [dlogits];
    },
  });
  return loss;
}
