/** Cross-entropy of logits against target indices. Official: torch.nn.functional.cross_entropy. */
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, Tensor } from '../tensor/tensor.ts';
import { requireTensor } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Mean over the targets that count, in nats. logits: (…, V), targets: one a row; negative ones are ignored. */
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
  backend.device.run('cross_entropy_forward', rows, grain, input.pointer, ids.pointer, losses.pointer, lse.pointer, V);
  const loss = new Tensor(sumTo(losses, [1], 1 / count).storage, []);
  record({
    name: 'crossEntropy',
    inputs: [input],
    outputs: [loss],
    backward: ([grad]) => {
      if (!grad) return [];
      const dlogits = backend.empty(input.shape);
      backend.device.run(
        'cross_entropy_backward',
        rows,
        grain,
        input.pointer,
        ids.pointer,
        lse.pointer,
        grad.pointer,
        dlogits.pointer,
        count,
        V,
      );
      return [dlogits];
    },
  });
  return loss;
}
