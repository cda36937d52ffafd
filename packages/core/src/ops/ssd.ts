/**
 * Mamba-2's scan, the state space dual (SSD).
 *
 *   hₜ = exp(Δₜ A) hₜ₋₁ + Δₜ Bₜ ⊗ xₜ      yₜ = Cₜ·hₜ + D xₜ      Δ = softplus(dt + dtBias)
 *
 * A head of P channels has one Δ, A and D and a state of P × N; the heads of a group share B and C.
 * Two forms agree: the recurrence, step by step, and the chunked one, which computes the steps of a chunk
 * as matrix products. Short inputs take the first, others the second.
 *
 * Paper: Dao & Gu 2024, section 6. Official: mamba_ssm/modules/ssd_minimal.py, mamba_chunk_scan_combined.
 */
import { ssdForward, ssdScratch } from '../backend/kernels/ssd.ts';
import { ssdBackward } from '../backend/kernels/ssd_backward.ts';
import { UsageError } from '../errors.ts';
import { copyInto } from '../tensor/copy.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { type Shape, Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous, reshape, transposeLast } from './shape.ts';

/** Steps of a chunk, and between two kept states. */
export const SSD_CHUNK = 32;
/** Steps below which the recurrence is quicker. */
const SHORT = 16;
/** There are at least this many units where heads allow. */
const UNITS = 8;

export interface SsdInput {
  x: Tensor; //        (B, L, H, P)
  dt: Tensor; //       (B, L, H), before bias and softplus
  A: Tensor; //        (H), negative
  B: Tensor; //        (B, L, G, N), H a multiple of G
  C: Tensor; //        as B
  D?: Tensor; //       (H)
  dtBias?: Tensor; //  (H)
  /** Whether Δ = softplus(dt + dtBias). Default: false, Δ = dt + dtBias. */
  dtSoftplus?: boolean;
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
  /** Default: 'auto', the recurrence for short inputs. */
  form?: 'auto' | 'recurrent' | 'chunked';
}

/**
 * Mamba-2's scan over a sequence, from `initialState` (B, H, P, N) or from zeros.
 *
 * Returns out (B, L, H, P), zeros beyond a row's length, and lastState (B, H, P, N), the state after each row's last
 * step. Throws a UsageError for shapes that do not fit.
 */
export function ssd(input: SsdInput & { initialState?: Tensor }): { out: Tensor; lastState: Tensor } {
  const { initialState, x, B, C, ...rest } = input;
  requireAxes('ssd', 'x', x, 4, '(B, L, H, P)');
  requireAxes('ssd', 'B', B, 4, '(B, L, G, N)');
  const [batch, L, H, P] = x.shape;
  const [G, N] = B.shape.slice(2);
  requireShape('ssd', 'dt', input.dt, [batch, L, H], 'the rows, steps and heads of x');
  requireShape('ssd', 'B', B, [batch, L, G, N], 'the rows and steps of x');
  requireShape('ssd', 'C', C, B.shape, 'the shape of B');
  if (initialState) {
    requireShape('ssd', 'initialState', initialState, [batch, H, P, N], 'a state for each row, head and channel');
  }
  const flat = (tensor: Tensor) => reshape(tensor, [batch, L, tensor.shape[2] * tensor.shape[3]]);
  const start = initialState && transposeLast(initialState);
  const { out, state } = ssdFromState({ ...rest, x: flat(x), B: flat(B), C: flat(C) }, G, start);
  return { out: reshape(out, x.shape), lastState: transposeLast(state) };
}

/**
 * As ssd, with x (B, L, H·P) and B, C (B, L, G·N), which may be slices of wider rows, and the state (B, H, N, P) as
 * kernels hold it.
 */
export function ssdFromState(input: SsdInput, G: number, initial?: Tensor): { out: Tensor; state: Tensor } {
  const { batch, L, H, P, N } = checkInput(input, G, initial);
  // As a recurrence; the chunked form needs more, but as matrix products.
  reportMultiplyAdds(5 * batch * L * H * P * N);
  const { x, dt, A, B: b, C: c, D: skip, dtBias: bias, positions = {}, form = 'auto' } = input;
  const { dtSoftplus: softplusDt = false } = input;
  const state = initial && contiguous(initial);
  const { age, lengths } = positions;
  const { backend } = x;
  const { device } = backend;
  const tracked = isTracked(x, dt, A, b, c, skip, bias, state);
  const chunked = form === 'auto' ? L >= SHORT : form === 'chunked';

  const T = Math.min(SSD_CHUNK, Math.max(1, L));
  const out = backend.empty(x.shape);
  const lastState = backend.empty([batch, H, N, P]);
  const borders = tracked ? backend.empty([batch, H, Math.ceil(L / T), N, P]) : undefined;
  // The division of the work is fixed, whatever the thread count.
  const W = Math.ceil(H / G / Math.max(1, Math.ceil(UNITS / Math.max(1, batch * G))));
  const blocks = Math.ceil(H / G / W);
  const units = P * N > 0 ? batch * G * blocks : 0;
  const grain = Math.max(1, Math.ceil(8192 / Math.max(1, L * W * N * P)));
  const room = () => backend.empty([units * ssdScratch(device, { N, P, T, chunked })]);
  const scratch = room();
  const given = { x, dt, A, b, c, skip, bias, state, age, lengths, y: out, lastState, borders, scratch };
  ssdForward(device, units, grain, given, { L, H, P, N, G, W, T, softplusDt, chunked });
  scratch.dispose();
  if (!borders) return { out, state: lastState };
  record({
    name: 'ssd',
    inputs: [x, dt, A, b, c, skip, bias, state],
    outputs: [out, lastState],
    backward: ([gradOut, gradState], to) => {
      const dy = gradOut ? contiguous(gradOut) : backend.zeros(out.shape);
      const dlast = gradState && contiguous(gradState);
      const [dx, ddt] = [to.place(x), to.place(dt)];
      // Zeros where the kernel does not run.
      const sums = (shape: Shape) => (units ? backend.empty(shape) : backend.zeros(shape));
      const [dA, dskip, dbias] = [A, skip, bias].map(() => sums([batch, H]));
      const [db, dc] = [b, c].map(() => sums([blocks, batch, L, G * N]));
      const dstate = backend.empty([batch, H, N, P]);
      const operands = {
        x,
        dt,
        A,
        b,
        c,
        skip,
        bias,
        age,
        lengths,
        borders,
        dy,
        dlast,
        dx,
        ddt,
        dA,
        db,
        dc,
        dskip,
        dbias,
        dstate,
        scratch: room(),
      };
      ssdBackward(device, units, 1, operands, { batch, L, H, P, N, G, W, T, softplusDt, chunked });
      const overBatch = (grad: Tensor, input: Tensor | undefined) =>
        input && to.wants(input) ? new Tensor(sumTo(grad, [1, H]).storage, [H]) : undefined;
      const overBlocks = (grad: Tensor, input: Tensor) => {
        if (!to.wants(input)) return undefined;
        const place = to.place(input);
        copyInto(new Tensor(sumTo(grad, [1, batch, L, G * N]).storage, input.shape), place);
        return place;
      };
      return [
        dx,
        ddt,
        overBatch(dA, A),
        overBlocks(db, b),
        overBlocks(dc, c),
        overBatch(dskip, skip),
        overBatch(dbias, bias),
        state && dstate,
      ];
    },
  });
  return { out, state: lastState };
}

function checkInput(input: SsdInput, G: number, initial: Tensor | undefined) {
  const { x, dt, A, B, C, D: skip, dtBias, form } = input;
  requireAxes('ssd', 'x', x, 3, '(B, L, H·P)');
  requireAxes('ssd', 'A', A, 1, '(H)');
  const [batch, L, width] = x.shape;
  const [H] = A.shape;
  if (H < 1 || width % H !== 0) {
    throw new UsageError('ssd', `A has ${H} heads, expected a divisor of ${width}, the channels of x.`);
  }
  if (!Number.isInteger(G) || G < 1 || H % G !== 0) {
    throw new UsageError('ssd', `B has ${G} groups, expected a divisor of H = ${H}, the heads of A.`);
  }
  requireShape('ssd', 'dt', dt, [batch, L, H], 'one step size for each head');
  requireAxes('ssd', 'B', B, 3, '(B, L, G·N)');
  const N = Math.max(1, Math.floor(B.width / G));
  requireShape('ssd', 'B', B, [batch, L, G * N], 'the rows and steps of x, the same number of states for each group');
  requireShape('ssd', 'C', C, B.shape, 'the shape of B');
  if (skip) requireShape('ssd', 'D', skip, [H], 'the heads of A');
  if (dtBias) requireShape('ssd', 'dtBias', dtBias, [H], 'the heads of A');
  if (initial) requireShape('ssd', 'state', initial, [batch, H, N, width / H], 'a state for each row');
  if (form !== undefined && !['auto', 'recurrent', 'chunked'].includes(form)) {
    throw new UsageError('ssd', `form is '${form}', expected 'auto', 'recurrent' or 'chunked'.`);
  }
  requireOneBackend('ssd', [x, dt, A, B, C, skip, dtBias, initial]);
  requirePositions('ssd', input.positions, x.backend, batch, L);
  return { batch, L, H, P: width / H, N };
}
