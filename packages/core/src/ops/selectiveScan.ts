/**
 * The selective scan, Mamba's recurrence.
 *
 *   hₜ = exp(Δₜ A) hₜ₋₁ + Δₜ Bₜ uₜ      yₜ = Cₜ·hₜ + D uₜ      outₜ = yₜ · silu(zₜ)
 *
 * Its backward keeps h only at chunk borders and recomputes between them, so training memory grows
 * with L / chunk, not with L·D·N.
 *
 * Paper: Gu & Dao 2023, Algorithm 2. Official: selective_scan_ref.
 */
import { SCAN_CHUNK, scanBackward, scanForward, scanScratch } from '../backend/kernels/scan.ts';
import { UsageError } from '../errors.ts';
import { copyInto } from '../tensor/copy.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous, reshape, transposeLast } from './shape.ts';

/** Steps between two states that are kept for the backward. */
export const CHUNK = SCAN_CHUNK;
/** The channels of a unit are a multiple of this; there are at least UNITS units where D allows. */
const UNIT_CHANNELS = 64;
const UNITS = 8;

export interface SelectiveScanInput {
  u: Tensor; //           (B, L, D)
  delta: Tensor; //       (B, L, D), before bias and softplus
  A: Tensor; //           (D, N), negative
  B: Tensor; //           (B, L, N) or (B, L, G, N), D a multiple of G
  C: Tensor; //           as B
  D?: Tensor; //          (D)
  z?: Tensor; //          (B, L, D): out is multiplied by silu(z)
  deltaBias?: Tensor; //  (D)
  /** Whether Δ = softplus(delta + deltaBias). Default: false, Δ = delta + deltaBias. */
  deltaSoftplus?: boolean;
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
}

/**
 * Mamba's selective scan over a sequence, from `initialState` (B, D, N) or from zeros.
 *
 *   const first = selectiveScan({ u, delta, A, B, C, deltaSoftplus: true });
 *   const next = selectiveScan({ u: u1, delta: delta1, A, B: B1, C: C1, initialState: first.lastState });
 *
 * Returns out (B, L, D), zeros beyond a row's length, and lastState (B, D, N), the state after each row's last step.
 * Throws a UsageError for shapes that do not fit.
 */
export function selectiveScan(input: SelectiveScanInput & { initialState?: Tensor }): {
  out: Tensor;
  lastState: Tensor;
} {
  const { initialState, ...rest } = input;
  requireAxes('selectiveScan', 'u', input.u, 3, '(B, L, D)');
  requireAxes('selectiveScan', 'A', input.A, 2, '(D, N)');
  const [batch, , channels] = input.u.shape;
  requireShape('selectiveScan', 'A', input.A, [channels, input.A.width], 'one row for each channel of u');
  if (initialState) {
    requireShape(
      'selectiveScan',
      'initialState',
      initialState,
      [batch, channels, input.A.width],
      'a state for each row, channel and state dimension',
    );
  }
  const A = transposeLast(input.A);
  const { out, state } = scanFromState({ ...rest, A }, initialState && transposeLast(initialState));
  return { out, lastState: transposeLast(state) };
}

/** As selectiveScan, with A (N, D) and the state (B, N, D) as kernels hold them: channels last, so no transposes. */
export function scanFromState(input: SelectiveScanInput, initial?: Tensor): { out: Tensor; state: Tensor } {
  const { batch, L, D, N, G } = checkInput(input, initial);
  reportMultiplyAdds(5 * batch * L * D * N);
  const { u, delta, A, D: skip, z, deltaBias: bias, deltaSoftplus: softplusDelta = false, positions = {} } = input;
  const [b, c] = [flatGroups(input.B, G * N), flatGroups(input.C, G * N)];
  const state = initial && contiguous(initial);
  const { age, lengths } = positions;
  const { backend } = u;
  const { device } = backend;
  const tracked = isTracked(u, delta, A, b, c, skip, z, bias, state);

  const out = backend.empty([batch, L, D]);
  const lastState = backend.empty([batch, N, D]);
  const borders = tracked ? backend.empty([batch, Math.ceil(L / CHUNK), N, D]) : undefined;
  const W = unitChannels(D / G, batch * G);
  const blocks = Math.ceil(D / G / W);
  const units = batch * G * blocks;
  const grain = Math.max(1, Math.ceil(2048 / Math.max(1, L * W * N)));
  const given = { u, delta, A, b, c, skip, z, bias, state, age, lengths, out, lastState, borders };
  scanForward(device, units, grain, given, { L, D, N, G, W, T: CHUNK, softplusDelta });
  if (!borders) return { out, state: lastState };
  record({
    name: 'selectiveScan',
    inputs: [u, delta, A, b, c, skip, z, bias, state],
    outputs: [out, lastState],
    backward: ([gradOut, gradState], to) => {
      const dout = gradOut ? contiguous(gradOut) : backend.zeros(out.shape);
      const dlast = gradState && contiguous(gradState);
      const [du, ddelta] = [to.place(u), to.place(delta)];
      const dz = z && to.place(z);
      const dA = backend.empty([batch, N, D]);
      const [dskip, dbias] = [backend.empty([batch, D]), backend.empty([batch, D])];
      const [db, dc] = [backend.empty([blocks, batch, L, G * N]), backend.empty([blocks, batch, L, G * N])];
      const dstate = backend.empty([batch, N, D]);
      const scratch = backend.empty([units * scanScratch(device, { N, T: CHUNK })]);
      const operands = {
        u,
        delta,
        A,
        b,
        c,
        skip,
        z,
        bias,
        age,
        lengths,
        borders,
        dout,
        dlast,
        du,
        ddelta,
        dA,
        db,
        dc,
        dskip,
        dz,
        dbias,
        dstate,
        scratch,
      };
      scanBackward(device, units, 1, operands, { batch, L, D, N, G, W, T: CHUNK, softplusDelta });
      const overBatch = (grad: Tensor, input: Tensor | undefined) =>
        input && to.wants(input)
          ? new Tensor(sumTo(grad, [1, ...grad.shape.slice(1)]).storage, input.shape)
          : undefined;
      const overBlocks = (grad: Tensor, input: Tensor) => {
        const place = to.place(input);
        copyInto(new Tensor(sumTo(grad, [1, ...grad.shape.slice(1)]).storage, input.shape), place);
        return place;
      };
      return [
        du,
        ddelta,
        overBatch(dA, A),
        to.wants(b) ? overBlocks(db, b) : undefined,
        to.wants(c) ? overBlocks(dc, c) : undefined,
        overBatch(dskip, skip),
        dz,
        overBatch(dbias, bias),
        state && dstate,
      ];
    },
  });
  return { out, state: lastState };
}

/** (B, L, G, N) as rows of G·N; a slice of a wider row stays one. */
function flatGroups(x: Tensor, width: number): Tensor {
  if (x.shape.length === 3) return x;
  const rows = contiguous(x);
  return reshape(rows, [x.shape[0], x.shape[1], width]);
}

/** Channels of a unit: the division of the work is fixed, whatever the thread count. */
function unitChannels(perGroup: number, rows: number): number {
  const wanted = Math.ceil(perGroup / Math.max(1, Math.ceil(UNITS / Math.max(1, rows))));
  return Math.max(UNIT_CHANNELS, Math.ceil(wanted / UNIT_CHANNELS) * UNIT_CHANNELS);
}

function checkInput(input: SelectiveScanInput, initial: Tensor | undefined) {
  const op = 'selectiveScan';
  const { u, delta, A, B, C, D: skip, z, deltaBias } = input;
  requireAxes(op, 'u', u, 3, '(B, L, D)');
  const [batch, L, D] = u.shape;
  requireShape(op, 'delta', delta, u.shape, 'the shape of u');
  requireAxes(op, 'A', A, 2, '(N, D), transposed');
  const [N] = A.shape;
  requireShape(op, 'A', A, [N, D], 'one column for each channel of u');
  const G = groupsOf('B', B, D);
  requireShape(
    op,
    'B',
    B,
    B.shape.length === 4 ? [batch, L, G, N] : [batch, L, N],
    'the rows and steps of u, the states of A',
  );
  requireShape(op, 'C', C, B.shape, 'the shape of B');
  if (skip) requireShape(op, 'D', skip, [D], 'the channels of u');
  if (z) requireShape(op, 'z', z, u.shape, 'the shape of u');
  if (deltaBias) requireShape(op, 'deltaBias', deltaBias, [D], 'the channels of u');
  if (initial) requireShape(op, 'state', initial, [batch, N, D], 'a state for each row');
  requireOneBackend(op, [u, delta, A, B, C, skip, z, deltaBias, initial]);
  requirePositions(op, input.positions, u.backend, batch, L);
  return { batch, L, D, N, G };
}

function groupsOf(name: string, x: Tensor, D: number): number {
  if (x?.shape?.length === 3) return 1;
  requireAxes('selectiveScan', name, x, 4, '(B, L, G, N), or 3 axes (B, L, N)');
  const G = x.shape[2];
  if (G < 1 || D % G !== 0) {
    const divisors = Array.from({ length: D }, (_, i) => i + 1).filter((d) => D % d === 0);
    const list = divisors.length > 8 ? [...divisors.slice(0, 7), '…'] : divisors;
    throw new UsageError(
      'selectiveScan',
      `${name} has ${G} groups, expected a divisor of D = ${D}. Use ${list.slice(0, -1).join(', ')}${list.length > 1 ? ' or ' : ''}${list.at(-1)} groups.`,
    );
  }
  return G;
}
