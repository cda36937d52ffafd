/**
 * One vector for a sequence from the vectors of its steps: their mean, their largest values, or the last.
 *
 * Each continues from a state, so that a sequence may be read in parts: the sum so far, the largest values so far, or
 * nothing.
 */
import { maxStepsBackward, maxStepsForward } from '../backend/kernels/steps.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireShape } from './check.ts';
import { add, mul } from './elementwise.ts';
import { embedding } from './embedding.ts';
import { sum } from './reduce.ts';
import { contiguous, reshape } from './shape.ts';

export const poolings = ['mean', 'last', 'max'] as const;
export type Pooling = (typeof poolings)[number];

export interface PoolInput {
  x: Tensor; //      (B, L, D)
  /** Steps of each row, each at least 1. Default: L. */
  lengths?: Int32Array;
  /** The state that pool() returned for the steps before, (B, D), and the number of these steps of each row. */
  before?: { state?: Tensor; steps: readonly number[] };
}

/** Returns y (B, D) and the state for the steps that follow; 'last' needs none. Throws a UsageError for wrong shapes. */
export function pool(pooling: Pooling, input: PoolInput): { y: Tensor; state?: Tensor } {
  const { x, lengths, before } = input;
  requireAxes('pool', 'x', x, 3, '(B, L, D)');
  const [B, L, D] = x.shape;
  if (L === 0) throw new UsageError('pool', `x is ${show(x.shape)}, expected at least one step.`);
  const wrong = lengths?.findIndex((length) => length < 1 || length > L) ?? -1;
  if (wrong >= 0 || (lengths && lengths.length !== B)) {
    throw new UsageError('pool', `lengths are ${lengths?.join(', ')}, expected ${B} of 1 to ${L}, one for each row.`);
  }
  if (before?.state) requireShape('pool', 'state', before.state, [B, D], 'one for each row');
  const lengthOf = (b: number) => lengths?.[b] ?? L;
  if (pooling === 'last') {
    const ends = Int32Array.from({ length: B }, (_, b) => b * L + lengthOf(b) - 1);
    return { y: embedding(reshape(x, [B * L, D]), x.backend.ints(ends, [B])) };
  }
  if (pooling === 'max') {
    const y = maxSteps(x, lengths, before?.state);
    return { y, state: y };
  }
  const real = lengths && Float32Array.from({ length: B * L }, (_, i) => Number(i % L < lengthOf(Math.floor(i / L))));
  const steps = sum(real ? mul(x, x.backend.tensor(real, [B, L, 1])) : x, [1]);
  const total = before?.state ? add(before.state, steps) : steps;
  const counts = Float32Array.from({ length: B }, (_, b) => 1 / (lengthOf(b) + (before?.steps[b] ?? 0)));
  return { y: mul(total, x.backend.tensor(counts, [B, 1])), state: total };
}

function maxSteps(x: Tensor, lengths: Int32Array | undefined, before: Tensor | undefined): Tensor {
  const state = before && contiguous(before);
  const { backend } = x;
  const [B, L, D] = x.shape;
  const y = backend.empty([B, D]);
  const at = backend.empty([B, D], 'i32');
  const ends = lengths && backend.ints(lengths, [B]);
  const { device } = backend;
  maxStepsForward(device, B, 1, { x, state, lengths: ends, y, at }, { L, D });
  record({
    name: 'pool',
    inputs: [x, state],
    outputs: [y],
    backward: ([grad], to) => {
      if (!grad) return [];
      const dy = contiguous(grad);
      const dx = to.place(x);
      const dstate = state && to.wants(state) ? backend.empty([B, D]) : undefined;
      maxStepsBackward(device, B, 1, { dy, at, dx, dstate }, { L, D });
      return [dx, dstate];
    },
  });
  return y;
}
