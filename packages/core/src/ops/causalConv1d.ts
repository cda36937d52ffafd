/**
 * Causal depthwise convolution over time, then SiLU.
 *
 *   yₜ = silu(bias + Σⱼ w[K−1−j] xₜ₋ⱼ)
 *
 * Its state is the last K inputs, oldest first; zeros before the start of a document.
 * Official: causal_conv1d_fn, causal_conv1d_update.
 */
import { UsageError } from '../errors.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export const MAX_TAPS = 8;
/** Channels that one unit of the kernel walks (CONV_BLOCK in kernels/conv.cpp). */
const BLOCK = 64;

export interface CausalConv1dInput {
  x: Tensor; //       (B, L, D)
  weight: Tensor; //  (D, 1, K), the official shape, or (D, K)
  bias?: Tensor; //   (D)
  state?: Tensor; //  (B, K, D): the last K inputs
  positions?: Positions;
  activation?: 'silu' | 'none';
}

/** → y: (B, L, D) and the state after the last step, (B, K, D) */
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
  const { backend } = x;
  const { device } = backend;
  reportMultiplyAdds(B * L * D * K);
  const y = backend.empty([B, L, D]);
  const last = backend.empty([B, K, D]);
  const silu = Number(activation === 'silu');
  const units = B * Math.ceil(D / BLOCK);
  const grain = Math.max(1, Math.ceil(256 / Math.max(1, L)));
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  if (units) {
    device.run(
      'conv_forward',
      units,
      grain,
      x.pointer,
      weight.pointer,
      bias?.pointer ?? 0,
      state?.pointer ?? 0,
      age,
      lengths,
      y.pointer,
      last.pointer,
      L,
      D,
      K,
      x.rowStride,
      D,
      silu,
    );
  }
  if (!isTracked(x, weight, bias, state)) return { y, state: last };
  record({
    name: 'causalConv1d',
    inputs: [x, weight, bias, state],
    outputs: [y, last],
    backward: ([grad, dlast], to) => {
      const dy = grad ?? backend.zeros(y.shape);
      const dx = to.place(x);
      const dweight = backend.empty([B, D, K]);
      const dbias = bias && backend.empty([B, D]);
      const dstate = state && to.wants(state) ? backend.empty(state.shape) : undefined;
      const dlastRows = dlast && contiguous(dlast);
      if (units) {
        device.run(
          'conv_backward',
          units,
          1,
          x.pointer,
          weight.pointer,
          bias?.pointer ?? 0,
          state?.pointer ?? 0,
          age,
          lengths,
          dy.pointer,
          dlastRows?.pointer ?? 0,
          dx.pointer,
          dweight.pointer,
          dbias?.pointer ?? 0,
          dstate?.pointer ?? 0,
          L,
          D,
          K,
          x.rowStride,
          dy.rowStride,
          dx.rowStride,
          silu,
        );
      }
      const dw = sumTo(dweight, [1, D, K]);
      return [dx, new Tensor(dw.storage, weight.shape), dbias && new Tensor(sumTo(dbias, [1, D]).storage, [D]), dstate];
    },
  });
  return { y, state: last };
}
