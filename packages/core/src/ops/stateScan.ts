/**
 * The selective scan with a choice of what varies: each of Δ, A, B and C of every step, or the same for all
 * of them; Δ of each channel, or of each channel and state.
 *
 *   hₜ = exp(−Δₜ rₜ) hₜ₋₁ + Δₜ Bₜ uₜ      yₜ = Cₜ·hₜ      r = −A
 *
 * With r of channels and states alone and Δ of channels it is selectiveScan, which is the faster one.
 * As there, the backward keeps h at chunk borders and recomputes between them.
 *
 * Papers: Gu & Dao 2023, Algorithm 1 (S4: all but u are constant), Algorithm 2 (S6: all but A are selective).
 */
import { STATE_CHUNK, stateScanBackward, stateScanForward } from '../backend/kernels/statescan.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface StateScanInput {
  u: Tensor; //      (B, L, D)
  delta: Tensor; //  (B, L, D) or (B, L, N, D), positive
  rate: Tensor; //   (N, D) or (B, L, N, D), positive
  B: Tensor; //      (N, D) or (B, L, N)
  C: Tensor; //      (N, D) or (B, L, N)
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
}

/**
 * The scan from `initial`, (B, N, D), or from zeros. Returns y (B, L, D), zeros beyond a row's length, and the state
 * after each row's last step. Throws a UsageError for shapes that do not fit.
 */
export function stateScan(input: StateScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  const { batch, L, D, N } = checkInput(input, initial);
  reportMultiplyAdds(5 * batch * L * D * N);
  const { age, lengths } = input.positions ?? {};
  const inputs = [input.u, input.delta, input.rate, input.B, input.C].map(contiguous);
  const [u, delta, rate, b, c] = inputs;
  const state = initial && contiguous(initial);
  const { backend } = u;
  const y = backend.empty([batch, L, D]);
  const lastState = backend.empty([batch, N, D]);
  const tracked = isTracked(...inputs, state);
  const borders = tracked ? backend.empty([batch, Math.ceil(L / STATE_CHUNK), N, D]) : undefined;
  const numbers = {
    L,
    D,
    N,
    T: STATE_CHUNK,
    wide: delta.shape.length === 4,
    moves: rate.shape.length === 4,
    selectsB: b.shape.length === 3,
    selectsC: c.shape.length === 3,
  };
  const given = { u, delta, rate, b, c, state, age, lengths, y, lastState, borders };
  stateScanForward(backend.device, batch, 1, given, numbers);
  if (!borders) return { y, state: lastState };
  record({
    name: 'stateScan',
    inputs: [...inputs, state],
    outputs: [y, lastState],
    backward: ([grad, gradState]) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const dlast = gradState && contiguous(gradState);
      // The gradients of inputs without steps come one for each row, and are summed over the rows.
      const grads = inputs.map((x) => backend.empty(x.shape.length === 2 ? [batch, N, D] : x.shape));
      const [du, ddelta, drate, db, dc] = grads;
      const dstate = backend.empty([batch, N, D]);
      const operands = { u, delta, rate, b, c, age, lengths, borders, dy, dlast, du, ddelta, drate, db, dc, dstate };
      stateScanBackward(backend.device, batch, 1, operands, numbers);
      const overRows = (x: Tensor) => new Tensor(sumTo(x, [1, N, D]).storage, [N, D]);
      return [...inputs.map((x, i) => (x.shape.length === 2 ? overRows(grads[i]) : grads[i])), state && dstate];
    },
  });
  return { y, state: lastState };
}

function checkInput({ u, delta, rate, B, C, positions }: StateScanInput, initial: Tensor | undefined) {
  const op = 'stateScan';
  requireAxes(op, 'u', u, 3, '(B, L, D)');
  const [batch, L, D] = u.shape;
  requireTensor(op, 'rate', rate);
  if (rate.shape.length !== 4) requireAxes(op, 'rate', rate, 2, '(N, D), or 4 axes (B, L, N, D)');
  const N = rate.shape.at(-2) as number;
  const [still, moving] = [
    [N, D],
    [batch, L, N, D],
  ];
  requireShape(op, 'rate', rate, rate.shape.length === 4 ? moving : still, 'the channels of u, and its rows and steps');
  requireTensor(op, 'delta', delta);
  requireShape(op, 'delta', delta, delta.shape.length === 4 ? moving : u.shape, 'the shape of u, or that with states');
  for (const [name, x] of Object.entries({ B, C })) {
    requireTensor(op, name, x);
    requireShape(op, name, x, x.shape.length === 3 ? [batch, L, N] : still, 'of states and channels, or of steps');
  }
  if (initial) requireShape(op, 'state', initial, [batch, N, D], 'a state for each row');
  requireOneBackend(op, [u, delta, rate, B, C, initial]);
  requirePositions(op, positions, u.backend, batch, L);
  return { batch, L, D, N };
}
