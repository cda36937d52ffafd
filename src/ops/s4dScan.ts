/**
 * S4D's modes and its recurrence.
 *
 *   A = −exp(logAReal) + i AImag      a = exp(Δ A)      c = 2 C (a − 1) / A
 *   xₜ = a xₜ₋₁ + uₜ                  yₜ = Re(c·xₜ) + D uₜ
 *
 * x, a and c are complex, N/2 modes a channel, each standing for itself and its conjugate. The system
 * does not change with time: its answer to an impulse is the kernel Kₜ = Re(c·aᵗ) of convolution mode.
 *
 * Paper: Gu et al. 2022, "On the Parameterization and Initialization of Diagonal State Space Models".
 * Official: S4DKernel in state-spaces/s4 models/s4/s4d.py.
 */
import { isTracked, record } from '../tensor/tape.ts';
import { show, Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous, reshape } from './shape.ts';

/** Steps between two kept states (at most S4D_STEPS in kernels/s4d.cpp). */
export const S4D_CHUNK = 32;
/** Channels that one unit of the kernel walks. */
const BLOCK = 64;

export interface S4dParameters {
  C: Tensor; //         (H, N/2, 2), real and imaginary
  logDt: Tensor; //     (H)
  logAReal: Tensor; //  (H, N/2)
  AImag: Tensor; //     (H, N/2)
}

/** → (4, N/2, H): the real and imaginary parts of a, then of c, as the kernels hold them. */
export function s4dModes({ C, logDt, logAReal, AImag }: S4dParameters): Tensor {
  requireTensor('s4d', 'kernel.C', C);
  if (C.shape.length !== 3 || C.width !== 2) {
    throw new Error(`s4d: kernel.C is ${show(C.shape)}, expected (H, N/2, 2), real and imaginary parts.`);
  }
  const [H, M] = C.shape;
  requireShape('s4d', 'kernel.log_dt', logDt, [H], 'one step size for each channel of kernel.C');
  requireShape('s4d', 'kernel.log_A_real', logAReal, [H, M], 'the modes of kernel.C');
  requireShape('s4d', 'kernel.A_imag', AImag, [H, M], 'the modes of kernel.C');
  requireOneBackend('s4d', [C, logDt, logAReal, AImag]);
  const inputs = [C, logDt, logAReal, AImag].map(contiguous);
  const { backend } = C;
  const modes = backend.empty([4, M, H]);
  const grain = Math.max(1, Math.ceil(64 / Math.max(1, M)));
  const [c, dt, re, im] = inputs;
  const pointers = [c.pointer, dt.pointer, re.pointer, im.pointer] as const;
  if (modes.size) backend.device.run('s4d_modes', H, grain, ...pointers, modes.pointer, H, M);
  record({
    name: 's4dModes',
    inputs,
    outputs: [modes],
    backward: ([grad]) => {
      if (!grad) return [];
      const dmodes = contiguous(grad);
      const grads = inputs.map((input) => backend.zeros(input.shape));
      const [dC, dDt, dRe, dIm] = grads.map(({ pointer }) => pointer);
      if (modes.size) {
        backend.device.run('s4d_modes_backward', H, grain, ...pointers, dmodes.pointer, dC, dDt, dRe, dIm, H, M);
      }
      return grads;
    },
  });
  return modes;
}

export interface S4dScanInput {
  u: Tensor; //      (B, L, H)
  modes: Tensor; //  (4, N/2, H), from s4dModes
  D?: Tensor; //     (H)
  positions?: Positions;
}

/** From a state (B, 2, N/2, H), real and imaginary, or from zeros → y: (B, L, H) and the state after. */
export function s4dScan(input: S4dScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  const { u, D: skip, positions = {} } = input;
  requireAxes('s4d', 'u', u, 3, '(B, L, H)');
  requireAxes('s4d', 'modes', input.modes, 3, '(4, N/2, H)');
  const [B, L, H] = u.shape;
  const M = input.modes.shape[1];
  requireShape('s4d', 'modes', input.modes, [4, M, H], 'a and c for each mode and channel of u');
  if (skip) requireShape('s4d', 'D', skip, [H], 'the channels of u');
  if (initial) requireShape('s4d', 'state', initial, [B, 2, M, H], 'a complex state for each row and mode');
  requireOneBackend('s4d', [u, input.modes, skip, initial]);
  requirePositions('s4d', positions, u.backend, B, L);
  const modes = contiguous(input.modes);
  const start = initial && contiguous(initial);
  const { backend } = u;
  const { device } = backend;
  const tracked = isTracked(u, modes, skip, start);
  const y = backend.empty([B, L, H]);
  const state = backend.empty([B, 2, M, H]);
  const borders = tracked ? backend.empty([B, Math.ceil(L / S4D_CHUNK), 2, M, H]) : undefined;
  const units = B * Math.ceil(H / BLOCK);
  const grain = Math.max(1, Math.ceil(4096 / Math.max(1, L * M * BLOCK)));
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  const sizes = [L, H, M, BLOCK, S4D_CHUNK, u.rowStride] as const;
  if (units) {
    device.run(
      's4d_forward',
      units,
      grain,
      u.pointer,
      modes.pointer,
      skip?.pointer ?? 0,
      start?.pointer ?? 0,
      age,
      lengths,
      y.pointer,
      state.pointer,
      borders?.pointer ?? 0,
      ...sizes,
    );
  }
  if (!borders) return { y, state };
  record({
    name: 's4dScan',
    inputs: [u, modes, skip, start],
    outputs: [y, state],
    backward: ([grad, dlast], to) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const dstate = dlast && contiguous(dlast);
      const du = to.place(u);
      const dmodes = backend.empty([B, 4, M, H]);
      const dskip = backend.empty([B, H]);
      const dstart = backend.empty([B, 2, M, H]);
      if (units) {
        device.run(
          's4d_backward',
          units,
          1,
          u.pointer,
          modes.pointer,
          skip?.pointer ?? 0,
          age,
          lengths,
          borders.pointer,
          dy.pointer,
          dstate?.pointer ?? 0,
          du.pointer,
          dmodes.pointer,
          dskip.pointer,
          dstart.pointer,
          ...sizes,
          du.rowStride,
        );
      }
      return [
        du,
        new Tensor(sumTo(dmodes, [1, 4, M, H]).storage, modes.shape),
        skip && new Tensor(sumTo(dskip, [1, H]).storage, skip.shape),
        start && dstart,
      ];
    },
  });
  return { y, state };
}

/** The kernel of convolution mode, (L, H): the answer to an impulse. With D, its first value holds D too. */
export function s4dKernel(modes: Tensor, L: number, D?: Tensor): Tensor {
  const H = modes.width;
  const impulse = new Float32Array(L * H).fill(1, 0, Math.min(L, 1) * H);
  const { y } = s4dScan({ u: modes.backend.tensor(impulse, [1, L, H]), modes, D });
  return reshape(y, [L, H]);
}
