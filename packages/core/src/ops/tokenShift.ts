/**
 * RWKV's token shift: each step's features mixed with those of the step before, channel by channel.
 *
 *   yₜ = m xₜ + (1 − m) xₜ₋₁
 *
 * Its state is the last x; zeros before the start of a document.
 * Official: time_mixing and channel_mixing of RWKV_in_150_lines.py.
 */
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Channels that one unit of the kernel walks (SHIFT_BLOCK in kernels/shift.cpp). */
const BLOCK = 64;

export interface TokenShiftInput {
  x: Tensor; //         (B, L, D)
  /** One for each output: (D), or (1, 1, D) as checkpoints have it. */
  mixes: readonly Tensor[];
  state?: Tensor; //    (B, D): the x before
  positions?: Positions;
}

/** → an output (B, L, D) for each mix, and the state after the last step, (B, D) */
export function tokenShift(input: TokenShiftInput): { outputs: Tensor[]; state: Tensor } {
  const { x, positions = {} } = input;
  requireAxes('tokenShift', 'x', x, 3, '(B, L, D)');
  const [B, L, D] = x.shape;
  if (input.mixes.length === 0) throw new UsageError('tokenShift', 'no mixes, expected at least one, of shape (D).');
  input.mixes.forEach((mix, i) => {
    requireTensor('tokenShift', `mixes[${i}]`, mix);
    const shape = mix.shape.length === 1 ? [D] : [1, 1, D];
    requireShape('tokenShift', `mixes[${i}]`, mix, shape, 'the channels of x');
  });
  if (input.state) requireShape('tokenShift', 'state', input.state, [B, D], 'the x before each row');
  const mixes = input.mixes.map(contiguous);
  const state = input.state && contiguous(input.state);
  requireOneBackend('tokenShift', [x, state, ...mixes]);
  requirePositions('tokenShift', positions, x.backend, B, L);
  const { backend } = x;
  const { device } = backend;
  const last = backend.empty([B, D]);
  const units = B * Math.ceil(D / BLOCK);
  const grain = Math.max(1, Math.ceil(256 / Math.max(1, L)));
  const before = state?.pointer ?? 0;
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  const outputs = mixes.map((mix, i) => {
    const y = backend.empty([B, L, D]);
    const to = i === 0 ? last.pointer : 0;
    if (units) {
      device.run(
        'shift_forward',
        units,
        grain,
        x.pointer,
        mix.pointer,
        before,
        age,
        lengths,
        y.pointer,
        to,
        L,
        D,
        x.rowStride,
      );
    }
    return y;
  });
  if (!isTracked(x, state, ...mixes)) return { outputs, state: last };
  record({
    name: 'tokenShift',
    inputs: [x, state, ...mixes],
    outputs: [...outputs, last],
    backward: (grads, to) => {
      const dlast = grads[mixes.length] && contiguous(grads[mixes.length] as Tensor);
      const dx = to.place(x);
      const dstate = state && to.wants(state) ? backend.empty(state.shape) : undefined;
      const dmixes = mixes.map((mix, i) => {
        const grad = grads[i];
        const dy = grad ? contiguous(grad) : backend.zeros([B, L, D]);
        const dmix = backend.empty([B, D]);
        if (units) {
          device.run(
            'shift_backward',
            units,
            1,
            x.pointer,
            mix.pointer,
            before,
            age,
            lengths,
            dy.pointer,
            i === 0 ? (dlast?.pointer ?? 0) : 0,
            dx.pointer,
            dmix.pointer,
            dstate?.pointer ?? 0,
            L,
            D,
            x.rowStride,
            dx.rowStride,
            Number(i > 0),
          );
        }
        return new Tensor(sumTo(dmix, [1, D]).storage, mix.shape);
      });
      return [dx, dstate, ...dmixes];
    },
  });
  return { outputs, state: last };
}
