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
import { UsageError } from '../errors.ts';
import { copyInto } from '../tensor/copy.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous, reshape, transposeLast } from './shape.ts';

/** Steps between two kept states; divides SCAN_STEPS in kernels/scan.cpp. */
export const CHUNK = 32;
/** Channels of a unit are a multiple of this; there are at least this many units where D allows. */
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
  deltaSoftplus?: boolean;
  positions?: Positions; // document boundaries and row lengths
}

/** initialState (B, D, N) → out (B, L, D), lastState (B, D, N) */
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
  const shape = checkInput(input, initial);
  const { batch, L, D, N, G } = shape;
  reportMultiplyAdds(5 * batch * L * D * N);
  const { u, delta, A, D: skip, z, deltaBias, deltaSoftplus = false, positions = {} } = input;
  const [B, C] = [flatGroups(input.B, G * N), flatGroups(input.C, G * N)];
  const start = initial && contiguous(initial);
  const { backend } = u;
  const { device } = backend;
  const tracked = isTracked(u, delta, A, B, C, skip, z, deltaBias, start);

  const chunks = Math.ceil(L / CHUNK);
  const out = backend.empty([batch, L, D]);
  const state = backend.empty([batch, N, D]);
  const borders = tracked ? backend.empty([batch, chunks, N, D]) : undefined;
  const W = unitChannels(D / G, batch * G);
  const blocks = Math.ceil(D / G / W);
  const units = batch * G * blocks;
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  const sizes = [
    L,
    D,
    N,
    G,
    W,
    CHUNK,
    u.rowStride,
    delta.rowStride,
    B.rowStride,
    C.rowStride,
    z?.rowStride ?? 0,
  ] as const;
  const grain = Math.max(1, Math.ceil(2048 / Math.max(1, L * W * N)));
  if (units) {
    device.run(
      'scan_forward',
      units,
      grain,
      u.pointer,
      delta.pointer,
      A.pointer,
      B.pointer,
      C.pointer,
      pointerOf(skip),
      pointerOf(z),
      pointerOf(deltaBias),
      pointerOf(start),
      age,
      lengths,
      out.pointer,
      state.pointer,
      pointerOf(borders),
      ...sizes,
      Number(deltaSoftplus),
    );
  }
  if (!tracked || !borders) return { out, state };
  record({
    name: 'selectiveScan',
    inputs: [u, delta, A, B, C, skip, z, deltaBias, start],
    outputs: [out, state],
    backward: ([dout, dstateOut], to) => {
      const grad = dout ? contiguous(dout) : backend.zeros(out.shape);
      const dlast = dstateOut && contiguous(dstateOut);
      const [du, ddelta] = [to.place(u), to.place(delta)];
      const dz = z && to.place(z);
      const dA = backend.empty([batch, N, D]);
      const [dskip, dbias] = [backend.empty([batch, D]), backend.empty([batch, D])];
      const [dB, dC] = [backend.empty([blocks, batch, L, G * N]), backend.empty([blocks, batch, L, G * N])];
      const dstart = backend.empty([batch, N, D]);
      const scratch = backend.empty([Math.max(1, units * device.scanScratch(N, CHUNK))]);
      if (units) {
        device.run(
          'scan_backward',
          units,
          1,
          u.pointer,
          delta.pointer,
          A.pointer,
          B.pointer,
          C.pointer,
          pointerOf(skip),
          pointerOf(z),
          pointerOf(deltaBias),
          age,
          lengths,
          borders.pointer,
          grad.pointer,
          pointerOf(dlast),
          du.pointer,
          ddelta.pointer,
          dA.pointer,
          dB.pointer,
          dC.pointer,
          dskip.pointer,
          pointerOf(dz),
          dbias.pointer,
          dstart.pointer,
          scratch.pointer,
          batch,
          ...sizes,
          du.rowStride,
          ddelta.rowStride,
          dz?.rowStride ?? 0,
          Number(deltaSoftplus),
        );
      }
      const overBatch = (x: Tensor, like: Tensor) => new Tensor(sumTo(x, [1, ...x.shape.slice(1)]).storage, like.shape);
      const overBlocks = (x: Tensor, like: Tensor) => {
        const place = to.place(like);
        copyInto(new Tensor(sumTo(x, [1, ...x.shape.slice(1)]).storage, like.shape), place);
        return place;
      };
      return [
        du,
        ddelta,
        to.wants(A) ? overBatch(dA, A) : undefined,
        to.wants(B) ? overBlocks(dB, B) : undefined,
        to.wants(C) ? overBlocks(dC, C) : undefined,
        skip && to.wants(skip) ? overBatch(dskip, skip) : undefined,
        dz,
        deltaBias && to.wants(deltaBias) ? overBatch(dbias, deltaBias) : undefined,
        start && dstart,
      ];
    },
  });
  return { out, state };
}

const pointerOf = (tensor: Tensor | undefined) => tensor?.pointer ?? 0;

/** (B, L, G, N) as rows of G·N; a slice of a wider row stays one. */
function flatGroups(x: Tensor, width: number): Tensor {
  if (x.shape.length === 3) return x;
  const rows = contiguous(x);
  return reshape(rows, [x.shape[0], x.shape[1], width]);
}

/** Channels a unit walks: a fixed division of the work, whatever the thread count. */
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
