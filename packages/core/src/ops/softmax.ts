/** Softmax over the last axis. */
import { softmaxBackward, softmaxForward } from '../backend/kernels/softmax.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

/** exp(x) / Σ exp(x) over the last axis. x: (…, N), N ≥ 1. Returns (…, N). */
export function softmax(x: Tensor): Tensor {
  requireTensor('softmax', 'x', x);
  if (x.shape.length === 0 || x.width === 0) {
    throw new UsageError('softmax', `x is ${show(x.shape)}, expected a last axis of at least 1.`);
  }
  const input = contiguous(x);
  const { backend, width: N, rows } = input;
  const grain = Math.ceil(8192 / N);
  const y = backend.empty(input.shape);
  softmaxForward(backend.device, rows, grain, { x: input, y }, { N });
  record({
    name: 'softmax',
    inputs: [input],
    outputs: [y],
    backward: ([grad]) => {
      if (!grad) return [];
      const dx = backend.empty(input.shape);
      softmaxBackward(backend.device, rows, grain, { y, dy: contiguous(grad), dx }, { N });
      return [dx];
    },
  });
  return y;
}
