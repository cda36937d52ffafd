/**
 * Causal depthwise convolution over time, then SiLU.
 *
 *   yₜ = silu(bias + Σⱼ w[K−1−j] xₜ₋ⱼ)
 *
 * Its state is the last K inputs, oldest first; zeros before the start of a document.
 * Official: causal_conv1d_fn, causal_conv1d_update.
 */
import { CONV_BLOCK, CONV_TAPS, convBackward, convForward } from '../backend/kernels/conv.ts';
import { UsageError } from '../errors.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** The longest filter. */
export const MAX_TAPS = CONV_TAPS;

export interface CausalConv1dInput {
  x: Tensor; //       (B, L, D)
  weight: Tensor; //  (D, 1, K), the official shape, or (D, K)
  bias?: Tensor; //   (D)
  state?: Tensor; //  (B, K, D): the last K inputs. Default: zeros
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
  /** Default: 'silu'. */
  activation?: 'silu' | 'none';
}

/**
 * Causal depthwise convolution with a filter of K taps, 1 to 8, for each channel.
 *
 * Returns y (B, L, D), zeros beyond a row's length, and the state after each row's last step, (B, K, D).
 * Throws a UsageError for shapes that do not fit.
 */
export function causalConv1d(input: CausalConv1dInput): { y: Tensor; state: Tensor } {
  const { x, bias, positions = {}, activation = 'silu' } = input;
  requireAxes('causalConv1d', 'x', x, 3, '(B, L, D)');
  requireTensor('causalConv1d', 'weight', input.weight);
  const weight = contiguous(input.weight);
  const [B, L, D] = x.shape;
  const K = weight.width;
  if (activation !== 'silu' && activation !== 'none') {
    throw new UsageError('causalConv1d', `activation is ${activation}, expected 'silu' or 'none'.`);
  }
  if (K < 1 || K > MAX_TAPS) throw new UsageError('causalConv1d', `weight has ${K} taps, expected 1 to ${MAX_TAPS}.`);
  requireShape(
    'causalConv1d',
    'weight',
    weight,
    weight.shape.length === 3 ? [D, 1, K] : [D, K],
    'one filter for each channel of x',
  );
  if (bias) requireShape('causalConv1d', 'bias', bias, [D], 'the channels of x');
  if (input.state) requireShape('causalConv1d', 'state', input.state, [B, K, D], 'the last K inputs of each row');
  const state = input.state && contiguous(input.state);
  requireOneBackend('causalConv1d', [x, weight, bias, state]);
  requirePositions('causalConv1d', positions, x.backend, B, L);
  const { age, lengths } = positions;
  const { backend } = x;
  reportMultiplyAdds(B * L * D * K);
  const y = backend.empty([B, L, D]);
  const lastState = backend.empty([B, K, D]);
  const units = B * Math.ceil(D / CONV_BLOCK);
  const grain = Math.max(1, Math.ceil(256 / Math.max(1, L)));
  const sizes = { L, D, K, siluAfter: activation === 'silu' };
  convForward(backend.device, units, grain, { x, weight, bias, state, age, lengths, y, lastState }, sizes);
  if (!isTracked(x, weight, bias, state)) return { y, state: lastState };
  record({
    name: 'causalConv1d',
    inputs: [x, weight, bias, state],
    outputs: [y, lastState],
    backward: ([grad, gradState], to) => {
      const dy = grad ?? backend.zeros(y.shape);
      const dlast = gradState && contiguous(gradState);
      const dx = to.place(x);
      const dweight = backend.empty([B, D, K]);
      const dbias = bias && backend.empty([B, D]);
      const dstate = state && to.wants(state) ? backend.empty(state.shape) : undefined;
      const operands = { x, weight, bias, state, age, lengths, dy, dlast, dx, dweight, dbias, dstate };
      convBackward(backend.device, units, 1, operands, sizes);
      const dw = sumTo(dweight, [1, D, K]);
      return [dx, new Tensor(dw.storage, weight.shape), dbias && new Tensor(sumTo(dbias, [1, D]).storage, [D]), dstate];
    },
  });
  return { y, state: lastState };
}
