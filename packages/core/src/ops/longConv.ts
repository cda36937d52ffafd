/**
 * Causal depthwise convolution with a filter as long as the input: convolution mode of an LTI model.
 *
 *   yₜ = Σⱼ Kⱼ uₜ₋ⱼ
 *
 * Computed directly: L / 2 products for each output. Inputs of an earlier document count as zero.
 */
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Channels that one unit of the kernel walks (LONG_BLOCK in kernels/longconv.cpp). */
const BLOCK = 64;

/** u: (B, L, H), kernel: (L, H) → (B, L, H) */
export function longConv(u: Tensor, filter: Tensor, positions: Positions = {}): Tensor {
  requireAxes('longConv', 'u', u, 3, '(B, L, H)');
  const [B, L, H] = u.shape;
  requireShape('longConv', 'kernel', filter, [L, H], 'one value for each step and channel of u');
  requireOneBackend('longConv', [u, filter]);
  requirePositions('longConv', positions, u.backend, B, L);
  const kernel = contiguous(filter);
  const { backend } = u;
  const { device } = backend;
  const y = backend.empty(u.shape);
  const units = B * Math.ceil(H / BLOCK);
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  if (y.size) {
    device.run('longconv_forward', units, 1, u.pointer, kernel.pointer, age, lengths, y.pointer, L, H, u.rowStride);
  }
  if (!isTracked(u, kernel)) return y;
  record({
    name: 'longConv',
    inputs: [u, kernel],
    outputs: [y],
    backward: ([grad], to) => {
      if (!grad) return [];
      const dy = contiguous(grad);
      const du = to.wants(u) ? to.place(u) : undefined;
      const dkernel = to.wants(kernel) ? backend.empty([B, L, H]) : undefined;
      if (y.size) {
        device.run(
          'longconv_backward',
          units,
          1,
          u.pointer,
          kernel.pointer,
          age,
          lengths,
          dy.pointer,
          du?.pointer ?? 0,
          dkernel?.pointer ?? 0,
          L,
          H,
          u.rowStride,
          du?.rowStride ?? 0,
        );
      }
      return [du, dkernel && new Tensor(sumTo(dkernel, [1, L, H]).storage, kernel.shape)];
    },
  });
  return y;
}
