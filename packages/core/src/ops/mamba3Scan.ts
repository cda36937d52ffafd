/**
 * Mamba-3's scan, with one input a head (SISO) or a rank of R (MIMO).
 *
 *   hₜ = αₜ hₜ₋₁ + βₜ Σᵣ Kₜ₋₁ ⊗ Vₜ₋₁ + γₜ Σᵣ Kₜ ⊗ Vₜ      yₜ = Qₜ·hₜ + D Vₜ
 *   αₜ = exp(Aₜ Δₜ)      γₜ = λₜ Δₜ      βₜ = (1 − λₜ) Δₜ αₜ      λ = sigmoid(trap)
 *
 * K and Q are B and C with their biases, rotated in pairs by θₜ = θₜ₋₁ + π tanh(angles) Δₜ; V = x mimo.x, or x.
 * SISO rotates neighbours (2i, 2i + 1), MIMO pairs (i, i + N/2); values beyond the angles stay as they are.
 *
 * It is a state space dual (ssd.ts) in which the weight of a step is γₜ plus (1 − λ) Δ of the next step, except that
 * a step sees itself with γₜ alone. So it too has a recurrence, for short inputs, and a chunked form.
 *
 * Paper: Lahoti et al. 2026, propositions 1 and 4. Official: mamba3_siso_combined, mamba3_mimo.
 */
import { MAX_RANK, mamba3Scratch } from '../backend/kernels/mamba3.ts';
import { mamba3Backward } from '../backend/kernels/mamba3_backward.ts';
import { mamba3Forward } from '../backend/kernels/mamba3_forward.ts';
import { UsageError } from '../errors.ts';
import { copyInto } from '../tensor/copy.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { type Shape, Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { rankGate } from './rankGate.ts';
import { sumTo } from './reduce.ts';
import { contiguous, reshape } from './shape.ts';

export { MAX_RANK };

/** Rows of a chunk, steps times rank: the length of a window between two kept states. */
export const MAMBA3_ROWS = 64;
/** Steps below which the recurrence is quicker. */
const SHORT = 4;
/** There are at least this many units where heads allow. */
const UNITS = 8;

export interface Mamba3ScanInput {
  C: Tensor; //      (B, L, R, G, N), after the norm, before bias and rotation
  B: Tensor; //      as C
  x: Tensor; //      (B, L, H, P)
  ADT: Tensor; //    (B, L, H), A·Δ, negative
  DT: Tensor; //     (B, L, H), Δ
  trap: Tensor; //   (B, L, H), before the sigmoid
  angles: Tensor; // (B, L, H, S), before tanh
  CBias: Tensor; //  (H, R, N)
  BBias: Tensor; //  (H, R, N)
  D?: Tensor; //     (H)
  z?: Tensor; //     (B, L, H, P): out is multiplied by silu(z)
  mimo?: { x: Tensor; z: Tensor; o: Tensor }; // each (H, R, P). Default: SISO, R = 1
}

/**
 * Mamba-3's scan over sequences from their start. G divides H; the heads of a group share B and C.
 * Returns out (B, L, H, P). Throws a UsageError for shapes that do not fit.
 */
export function mamba3Scan({ z, mimo, ...input }: Mamba3ScanInput): { out: Tensor } {
  const { x, C, angles } = input;
  requireAxes('mamba3Scan', 'x', x, 4, '(B, L, H, P)');
  requireAxes('mamba3Scan', 'C', C, 5, '(B, L, R, G, N)');
  requireAxes('mamba3Scan', 'angles', angles, 4, '(B, L, H, S)');
  const [batch, L, H, P] = x.shape;
  const S = angles.shape[3];
  requireShape('mamba3Scan', 'angles', angles, [batch, L, H, S], 'the rows, steps and heads of x');
  if (z) requireShape('mamba3Scan', 'z', z, x.shape, 'the shape of x');
  const flat = reshape(x, [batch, L, H * P]);
  const turns = reshape(angles, [batch, L, H * S]);
  const { y } = mamba3FromState({ ...input, x: flat, angles: turns, mimoX: mimo?.x });
  const gate = z && reshape(z, [batch, L, H * P]);
  return { out: reshape(rankGate({ y, z: gate, mimoZ: mimo?.z, mimoO: mimo?.o }), x.shape) };
}

export interface Mamba3Input extends Omit<Mamba3ScanInput, 'z' | 'mimo'> {
  x: Tensor; //        (B, L, H·P)
  angles: Tensor; //   (B, L, H·S), or (B, L, S), the same for all heads
  /** Whether all heads share the angles. Default: false. */
  sharedAngles?: boolean;
  mimoX?: Tensor; //   (H, R, P): with it pairs are (i, i + N/2)
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
  /** Default: 'auto', the recurrence for short inputs. */
  form?: 'auto' | 'recurrent' | 'chunked';
}

/** The state of the scan, as kernels hold it. Whole turns are taken out of the angle: it is within ±π. */
export interface Mamba3State {
  angle: Tensor; // (B, H, S)
  ssm: Tensor; //   (B, H, N, P)
  k: Tensor; //     (B, R, H, N), K of the last step
  v: Tensor; //     (B, H, P), x of the last step
}

/**
 * As mamba3Scan from a state, without the gate; x and angles may be slices of wider rows.
 * Returns y (B, L, H, R, P) and the state after each row's last step.
 */
export function mamba3FromState(input: Mamba3Input, initial?: Mamba3State): { y: Tensor; state: Mamba3State } {
  const { batch, L, H, P, G, R, N, S } = checkInput(input, initial);
  reportMultiplyAdds((3 + 2 * R) * batch * L * H * P * N);
  const { x, trap, angles, D: skip, sharedAngles: shared = false, positions = {}, form = 'auto' } = input;
  const [c, b, adt, dt, biasC, biasB] = [input.C, input.B, input.ADT, input.DT, input.CBias, input.BBias].map(
    contiguous,
  );
  const mimoX = input.mimoX && contiguous(input.mimoX);
  const start = initial && [initial.angle, initial.ssm, initial.k, initial.v].map(contiguous);
  const [stateAngle, stateSsm, stateK, stateV]: (Tensor | undefined)[] = start ?? [];
  const { age, lengths } = positions;
  const { backend } = x;
  const { device } = backend;
  const inputs = [c, b, x, adt, dt, trap, angles, biasC, biasB, skip, mimoX, ...(start ?? [])];
  const tracked = isTracked(...inputs);
  const chunked = form === 'auto' ? L >= SHORT : form === 'chunked';

  const T = Math.min(Math.max(1, Math.floor(MAMBA3_ROWS / R)), Math.max(1, L));
  const windows = Math.ceil(L / T);
  const stateShapes: Shape[] = [
    [batch, H, S],
    [batch, H, N, P],
    [batch, R, H, N],
    [batch, H, P],
  ];
  const y = backend.empty([batch, L, H, R, P]);
  const last = stateShapes.map((shape) => backend.empty(shape));
  const [lastAngle, lastSsm, lastK, lastV] = last;
  const borders = tracked ? backend.empty([batch, H, windows, N, P]) : undefined;
  const borderAngles = tracked ? backend.empty([batch, H, windows, S]) : undefined;
  // The division of the work is fixed, whatever the thread count.
  const W = Math.ceil(H / G / Math.max(1, Math.ceil(UNITS / Math.max(1, batch * G))));
  const blocks = Math.ceil(H / G / W);
  const units = P * N > 0 ? batch * G * blocks : 0;
  const grain = Math.max(1, Math.ceil(8192 / Math.max(1, L * R * W * N * P)));
  const room = () => backend.empty([units * mamba3Scratch(device, { N, P, T, R })]);
  const neighbours = !mimoX;
  const scratch = room();
  mamba3Forward(
    device,
    units,
    grain,
    {
      c,
      b,
      x,
      adt,
      dt,
      trap,
      angles,
      biasC,
      biasB,
      skip,
      mimoX,
      stateAngle,
      stateSsm,
      stateK,
      stateV,
      age,
      lengths,
      y,
      lastAngle,
      lastSsm,
      lastK,
      lastV,
      borders,
      borderAngles,
      scratch,
    },
    { L, H, P, N, G, R, S, W, T, neighbours, shared, chunked },
  );
  scratch.dispose();
  const state = { angle: lastAngle, ssm: lastSsm, k: lastK, v: lastV };
  if (!borders || !borderAngles) return { y, state };
  record({
    name: 'mamba3Scan',
    inputs,
    outputs: [y, ...last],
    backward: ([grad, ...gradState], to) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const [dlastAngle, dlastSsm, dlastK, dlastV] = gradState.map((one) => one && contiguous(one));
      const [dx, dtrap] = [to.place(x), to.place(trap)];
      // Zeros where the kernel does not run.
      const sums = (shape: Shape) => (units ? backend.empty(shape) : backend.zeros(shape));
      const [dc, db] = [c, b].map(() => sums([blocks, batch, L, R * G * N]));
      const [dadt, ddt] = [adt, dt].map(({ shape }) => sums(shape));
      const dangles = sums(shared ? [G * blocks, batch, L, S] : [1, batch, L, H * S]);
      const [dbiasC, dbiasB] = [biasC, biasB].map(() => sums([batch, H, R, N]));
      const dskip = sums([batch, H]);
      const dmimoX = mimoX && sums([batch, H, R, P]);
      const dstart = stateShapes.map(sums);
      const [dstateAngle, dstateSsm, dstateK, dstateV] = dstart;
      mamba3Backward(
        device,
        units,
        1,
        {
          c,
          b,
          x,
          adt,
          dt,
          trap,
          angles,
          biasC,
          biasB,
          skip,
          mimoX,
          stateK,
          stateV,
          age,
          lengths,
          borders,
          borderAngles,
          dy,
          dlastAngle,
          dlastSsm,
          dlastK,
          dlastV,
          dc,
          db,
          dx,
          dadt,
          ddt,
          dtrap,
          dangles,
          dbiasC,
          dbiasB,
          dskip,
          dmimoX,
          dstateAngle,
          dstateSsm,
          dstateK,
          dstateV,
          scratch: room(),
        },
        { batch, L, H, P, N, G, R, S, W, T, neighbours, shared },
      );
      const summed = (grad: Tensor | undefined, input: Tensor | undefined) =>
        grad && input && to.wants(input)
          ? new Tensor(sumTo(grad, [1, ...grad.shape.slice(1)]).storage, input.shape)
          : undefined;
      const placed = (grad: Tensor, input: Tensor) => {
        const sum = summed(grad, input);
        if (!sum) return undefined;
        const place = to.place(input);
        copyInto(sum, place);
        return place;
      };
      return [
        summed(dc, c),
        summed(db, b),
        dx,
        dadt,
        ddt,
        dtrap,
        placed(dangles, angles),
        summed(dbiasC, biasC),
        summed(dbiasB, biasB),
        summed(dskip, skip),
        summed(dmimoX, mimoX),
        ...(start ? dstart : []),
      ];
    },
  });
  return { y, state };
}

function checkInput(input: Mamba3Input, initial: Mamba3State | undefined) {
  const { C, B, x, ADT, DT, trap, angles, CBias, BBias, D: skip, mimoX, sharedAngles, form } = input;
  const name = 'mamba3Scan';
  requireAxes(name, 'x', x, 3, '(B, L, H·P)');
  requireAxes(name, 'C', C, 5, '(B, L, R, G, N)');
  requireAxes(name, 'CBias', CBias, 3, '(H, R, N)');
  const [batch, L, width] = x.shape;
  const [, , R, G, N] = C.shape;
  const H = CBias.shape[0];
  if (H < 1 || width % H !== 0) {
    throw new UsageError(name, `CBias has ${H} heads, expected a divisor of ${width}, the channels of x.`);
  }
  if (G < 1 || H % G !== 0) {
    throw new UsageError(name, `C has ${G} groups, expected a divisor of H = ${H}, the heads of CBias.`);
  }
  if (R < 1 || R > (mimoX ? MAX_RANK : 1)) {
    const expected = mimoX ? `1 to ${MAX_RANK}` : '1 without mimo';
    throw new UsageError(name, `C has rank ${R}, expected ${expected}.`);
  }
  if (N % 2 !== 0) throw new UsageError(name, `C has ${N} values a head, expected an even number: they turn in pairs.`);
  requireShape(name, 'C', C, [batch, L, R, G, N], 'the rows and steps of x');
  requireShape(name, 'B', B, C.shape, 'the shape of C');
  for (const [key, one] of Object.entries({ ADT, DT, trap })) {
    requireShape(name, key, one, [batch, L, H], 'one number for each head of x');
  }
  requireShape(name, 'CBias', CBias, [H, R, N], 'the heads, and the rank and values of C');
  requireShape(name, 'BBias', BBias, CBias.shape, 'the shape of CBias');
  requireAxes(name, 'angles', angles, 3, sharedAngles ? '(B, L, S)' : '(B, L, H·S)');
  const S = sharedAngles ? angles.width : angles.width / H;
  if (!(S >= 1 && S <= N / 2)) {
    throw new UsageError(name, `${S} angles a head, expected 1 to ${N / 2}, the pairs of the ${N} values of C.`);
  }
  requireShape(name, 'angles', angles, [batch, L, sharedAngles ? S : H * S], 'the rows and steps of x');
  const P = width / H;
  if (skip) requireShape(name, 'D', skip, [H], 'the heads of CBias');
  if (mimoX) requireShape(name, 'mimo.x', mimoX, [H, R, P], 'the heads, the rank of C, the channels of a head of x');
  if (initial) {
    requireShape(name, 'the angle of the state', initial.angle, [batch, H, S], 'an angle for each pair that turns');
    requireShape(name, 'the ssm of the state', initial.ssm, [batch, H, N, P], 'a state for each row and head');
    requireShape(name, 'the k of the state', initial.k, [batch, R, H, N], 'K of each rank and head');
    requireShape(name, 'the v of the state', initial.v, [batch, H, P], 'the channels of each head');
  }
  if (form !== undefined && !['auto', 'recurrent', 'chunked'].includes(form)) {
    throw new UsageError(name, `form is '${form}', expected 'auto', 'recurrent' or 'chunked'.`);
  }
  requireOneBackend(name, [C, B, x, ADT, DT, trap, angles, CBias, BBias, skip, mimoX, ...Object.values(initial ?? {})]);
  requirePositions(name, input.positions, x.backend, batch, L);
  return { batch, L, H, P, G, R, N, S };
}
