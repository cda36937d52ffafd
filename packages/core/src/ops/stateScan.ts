/**
 * The selective scan with a choice of what varies: each of Δ, A, B and C of every step, or the same for all
 * of them; Δ of each channel, or of each channel and state.
 *
 *   hₜ = exp(−Δₜ rₜ) hₜ₋₁ + Δₜ Bₜ uₜ      yₜ = Cₜ·hₜ      r = −A
 *
 * With r of the channels and states alone and Δ of channels it is selectiveScan, which is the faster one.
 * As there, the backward keeps h at chunk borders and recomputes between them.
 *
 * Papers: Gu & Dao 2023, Algorithm 1 (S4: all but u are constant), Algorithm 2 (S6: all but A are selective).
 */
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Steps between two kept states: at most STATE_STEPS in kernels/statescan.cpp. */
const CHUNK = 32;

export interface StateScanInput {
  u: Tensor; //      (B, L, D)
  delta: Tensor; //  (B, L, D) or (B, L, N, D), positive
  rate: Tensor; //   (N, D) or (B, L, N, D), positive
  B: Tensor; //      (N, D) or (B, L, N)
  C: Tensor; //      (N, D) or (B, L, N)
  positions?: Positions;
}

/** From a state (B, N, D) or from zeros → y: (B, L, D) and the state after. */
export function stateScan(input: StateScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  const { batch, L, D, N } = checkInput(input, initial);
  reportMultiplyAdds(5 * batch * L * D * N);
  const { positions = {} } = input;
  const given = [input.u, input.delta, input.rate, input.B, input.C].map(contiguous);
  const [u, delta, rate, B, C] = given;
  const start = initial && contiguous(initial);
  const { backend } = u;
  const y = backend.empty([batch, L, D]);
  const state = backend.empty([batch, N, D]);
  const tracked = isTracked(...given, start);
  const borders = tracked ? backend.empty([batch, Math.ceil(L / CHUNK), N, D]) : undefined;
  const from = [u.pointer, delta.pointer, rate.pointer, B.pointer, C.pointer] as const;
  const at = [positions.age?.pointer ?? 0, positions.lengths?.pointer ?? 0] as const;
  const varies = (x: Tensor, axes: number) => Number(x.shape.length === axes);
  const sizes = [L, D, N, CHUNK, varies(delta, 4), varies(rate, 4), varies(B, 3), varies(C, 3)] as const;
  const to = [y.pointer, state.pointer, borders?.pointer ?? 0] as const;
  if (batch) backend.device.run('state_scan_forward', batch, 1, ...from, start?.pointer ?? 0, ...at, ...to, ...sizes);
  if (!borders) return { y, state };
  record({
    name: 'stateScan',
    inputs: [...given, start],
    outputs: [y, state],
    backward: ([grad, dlast]) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const dstate = dlast && contiguous(dlast);
      // What is of no step is summed over the rows.
      const grads = given.map((x) => backend.empty(x.shape.length === 2 ? [batch, N, D] : x.shape));
      const dstart = backend.empty([batch, N, D]);
      const [du, ddelta, drate, dB, dC] = grads.map(({ pointer }) => pointer);
      const places = [du, ddelta, drate, dB, dC, dstart.pointer] as const;
      const read = [borders.pointer, dy.pointer, dstate?.pointer ?? 0] as const;
      if (batch) backend.device.run('state_scan_backward', batch, 1, ...from, ...at, ...read, ...places, ...sizes);
      const overRows = (x: Tensor) => new Tensor(sumTo(x, [1, N, D]).storage, [N, D]);
      return [...given.map((x, i) => (x.shape.length === 2 ? overRows(grads[i]) : grads[i])), start && dstart];
    },
  });
  return { y, state };
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
