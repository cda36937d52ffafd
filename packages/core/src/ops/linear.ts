/** y = x Wᵀ + b. Official: torch.nn.Linear; weights are (out, in). */
import { UsageError } from '../errors.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { multiply } from './gemm.ts';
import { sumRows } from './reduce.ts';

/**
 * A linear map of the last axis. x: (…, in), weight: (out, in), bias: (out). Returns (…, out).
 * Throws a UsageError for shapes that do not fit.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  requireTensor('linear', 'x', x);
  requireAxes('linear', 'weight', weight, 2, '(out, in)');
  const [out, input] = weight.shape;
  if (x.width !== input || x.shape.length === 0) {
    throw new UsageError(
      'linear',
      `x is ${show(x.shape)}, expected a last axis of ${input}, the second axis of weight ${show(weight.shape)}.`,
    );
  }
  if (bias) requireShape('linear', 'bias', bias, [out], 'the first axis of weight');
  requireOneBackend('linear', [x, weight, bias]);

  reportMultiplyAdds(x.size * out);
  const y = x.backend.empty([...x.shape.slice(0, -1), out]);
  multiply({ tensor: x }, { tensor: weight, transposed: true }, y, { bias });
  record({
    name: 'linear',
    inputs: [x, weight, bias],
    outputs: [y],
    backward: ([dy], to) => {
      if (!dy) return [];
      const dx = to.wants(x) ? to.place(x) : undefined;
      if (dx) multiply({ tensor: dy }, { tensor: weight }, dx);
      const dweight = to.wants(weight) ? weight.backend.empty(weight.shape) : undefined;
      if (dweight) multiply({ tensor: dy, transposed: true }, { tensor: x }, dweight);
      return [dx, dweight, to.wants(bias) ? sumRows(dy) : undefined];
    },
  });
  return y;
}
