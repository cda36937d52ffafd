/** Softmax over the last axis. */
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

/** exp(x) / Σ exp(x) over the last axis: (…, N) → (…, N). */
export function softmax(x: Tensor): Tensor {
  requireTensor('softmax', 'x', x);
  if (x.shape.length === 0 || x.width === 0) {
    throw new UsageError('softmax', `x is ${show(x.shape)}, expected a last axis of at least 1.`);
  }
  const input = contiguous(x);
  const { backend, width, rows } = input;
  const grain = Math.ceil(8192 / width);
  const y = backend.empty(input.shape);
  if (rows) backend.device.run('softmax_forward', rows, grain, input.pointer, y.pointer, width);
  record({
    name: 'softmax',
    inputs: [input],
    outputs: [y],
    backward: ([grad]) => {
      if (!grad) return [];
      const dx = backend.empty(input.shape);
      if (rows)
        backend.device.run('softmax_backward', rows, grain, y.pointer, contiguous(grad).pointer, dx.pointer, width);
      return [dx];
    },
  });
  return y;
}
