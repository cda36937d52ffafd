/**
 * RWKV's token shift: each step's features mixed with those of the step before, channel by channel.
 *
 *   yₜ = m xₜ + (1 − m) xₜ₋₁
 *
 * Its state is the last x; zeros before the start of a document.
 * Official: time_mixing and channel_mixing of RWKV_in_150_lines.py.
 */
import { SHIFT_BLOCK, shiftBackward, shiftForward } from '../backend/kernels/shift.ts';
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface TokenShiftInput {
  x: Tensor; //         (B, L, D)
  /** m, one for each output: (D), or (1, 1, D) as in checkpoints. */
  mixes: readonly Tensor[];
  state?: Tensor; //    (B, D): the x before the first step. Default: zeros
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
}

/**
 * Mixes each step with the step before.
 *
 * Returns an output (B, L, D) for each mix, zeros beyond a row's length, and the state after each row's last step,
 * (B, D). Throws a UsageError for shapes that do not fit.
 */
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
  const { age, lengths } = positions;
  const lastState = backend.empty([B, D]);
  const units = B * Math.ceil(D / SHIFT_BLOCK);
  const grain = Math.max(1, Math.ceil(256 / Math.max(1, L)));
  const outputs = mixes.map((mix, i) => {
    const y = backend.empty([B, L, D]);
    const operands = { x, mix, state, age, lengths, y, lastState: i === 0 ? lastState : undefined };
    shiftForward(device, units, grain, operands, { L, D });
    return y;
  });
  if (!isTracked(x, state, ...mixes)) return { outputs, state: lastState };
  record({
    name: 'tokenShift',
    inputs: [x, state, ...mixes],
    outputs: [...outputs, lastState],
    backward: (grads, to) => {
      const gradState = grads[mixes.length] && contiguous(grads[mixes.length] as Tensor);
      const dx = to.place(x);
      const dstate = state && to.wants(state) ? backend.empty(state.shape) : undefined;
      const dmixes = mixes.map((mix, i) => {
        const grad = grads[i];
        const dy = grad ? contiguous(grad) : backend.zeros([B, L, D]);
        const dlast = i === 0 ? gradState : undefined;
        const dmix = backend.empty([B, D]);
        const operands = { x, mix, state, age, lengths, dy, dlast, dx, dmix, dstate };
        shiftBackward(device, units, 1, operands, { L, D, add: i > 0 });
        return new Tensor(sumTo(dmix, [1, D]).storage, mix.shape);
      });
      return [dx, dstate, ...dmixes];
    },
  });
  return { outputs, state: lastState };
}
