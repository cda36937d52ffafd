/**
 * S4's modes and its recurrence: S4D's, with the modes coupled through one number a step.
 *
 *   A = diag(−exp(logAReal) + i AImag) − P P*, discretised by the bilinear rule to a, p, q, b
 *   sₜ = Re(q·xₜ₋₁)      xₜ = a xₜ₋₁ + p sₜ + b uₜ      yₜ = Re(c·xₜ) + D uₜ
 *
 * Paper: Gu, Goel & Ré 2022, "Efficiently Modeling Long Sequences with Structured State Spaces".
 */
import { isTracked, record } from '../tensor/tape.ts';
import { show, Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape, requireTensor } from './check.ts';
import { requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { S4D_CHUNK, type S4dParameters, type S4dScanInput } from './s4dScan.ts';
import { contiguous } from './shape.ts';

/** Channels that one unit of the kernel walks. */
const BLOCK = 64;

export interface S4Parameters extends S4dParameters {
  B: Tensor; //  (H, N/2, 2), real and imaginary
  P: Tensor; //  (H, N/2, 2)
}

/** → (10, N/2, H): the real and imaginary parts of a, p, q, b and c, as the kernels hold them. */
export function s4Modes({ C, B, P, logDt, logAReal, AImag }: S4Parameters): Tensor {
  requireTensor('s4', 'kernel.C', C);
  if (C.shape.length !== 3 || C.width !== 2) {
    throw new Error(`s4: kernel.C is ${show(C.shape)}, expected (H, N/2, 2), real and imaginary parts.`);
  }
  const [H, M] = C.shape;
  requireShape('s4', 'kernel.B', B, C.shape, 'the shape of kernel.C');
  requireShape('s4', 'kernel.P', P, C.shape, 'the shape of kernel.C');
  requireShape('s4', 'kernel.log_dt', logDt, [H], 'one step size for each channel of kernel.C');
  requireShape('s4', 'kernel.log_A_real', logAReal, [H, M], 'the modes of kernel.C');
  requireShape('s4', 'kernel.A_imag', AImag, [H, M], 'the modes of kernel.C');
  const inputs = [C, B, P, logDt, logAReal, AImag].map(contiguous);
  requireOneBackend('s4', inputs);
  const { backend } = C;
  const modes = backend.empty([10, M, H]);
  const pointers = inputs.map(({ pointer }) => pointer) as [number, number, number, number, number, number];
  const grain = Math.max(1, Math.ceil(64 / Math.max(1, M)));
  if (modes.size) backend.device.run('s4_modes', H, grain, ...pointers, modes.pointer, H, M);
  record({
    name: 's4Modes',
    inputs,
    outputs: [modes],
    backward: ([grad]) => {
      if (!grad) return [];
      const dmodes = contiguous(grad);
      const grads = inputs.map((input) => backend.zeros(input.shape));
      const places = grads.map(({ pointer }) => pointer) as typeof pointers;
      if (modes.size) {
        backend.device.run('s4_modes_backward', H, grain, ...pointers, dmodes.pointer, ...places, H, M);
      }
      return grads;
    },
  });
  return modes;
}

/** From a state (B, 2, N/2, H), real and imaginary, or from zeros → y: (B, L, H) and the state after. */
export function s4Scan(input: S4dScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  const { u, D: skip, positions = {} } = input;
  requireAxes('s4', 'u', u, 3, '(B, L, H)');
  requireAxes('s4', 'modes', input.modes, 3, '(10, N/2, H)');
  const [B, L, H] = u.shape;
  const M = input.modes.shape[1];
  requireShape('s4', 'modes', input.modes, [10, M, H], 'a, p, q, b and c for each mode and channel of u');
  if (skip) requireShape('s4', 'D', skip, [H], 'the channels of u');
  if (initial) requireShape('s4', 'state', initial, [B, 2, M, H], 'a complex state for each row and mode');
  requireOneBackend('s4', [u, input.modes, skip, initial]);
  requirePositions('s4', positions, u.backend, B, L);
  const modes = contiguous(input.modes);
  const start = initial && contiguous(initial);
  const { backend } = u;
  const { device } = backend;
  const y = backend.empty([B, L, H]);
  const state = backend.empty([B, 2, M, H]);
  const tracked = isTracked(u, modes, skip, start);
  const borders = tracked ? backend.empty([B, Math.ceil(L / S4D_CHUNK), 2, M, H]) : undefined;
  const units = B * Math.ceil(H / BLOCK);
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  const sizes = [L, H, M, BLOCK, S4D_CHUNK, u.rowStride] as const;
  // s4_scratch in kernels/s4.cpp.
  const scratch = () => backend.empty([Math.max(1, units * device.lanes * M * (22 + 2 * S4D_CHUNK))]);
  const given = [u.pointer, modes.pointer, skip?.pointer ?? 0] as const;
  if (units) {
    const outputs = [y.pointer, state.pointer, borders?.pointer ?? 0, scratch().pointer] as const;
    device.run('s4_forward', units, 1, ...given, start?.pointer ?? 0, age, lengths, ...outputs, ...sizes);
  }
  if (!borders) return { y, state };
  record({
    name: 's4Scan',
    inputs: [u, modes, skip, start],
    outputs: [y, state],
    backward: ([grad, dlast], to) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const dstate = dlast && contiguous(dlast);
      const du = to.place(u);
      const [dmodes, dskip] = [backend.empty([B, 10, M, H]), backend.empty([B, H])];
      const dstart = backend.empty([B, 2, M, H]);
      if (units) {
        const before = [age, lengths, borders.pointer, dy.pointer, dstate?.pointer ?? 0] as const;
        const places = [du.pointer, dmodes.pointer, dskip.pointer, dstart.pointer, scratch().pointer] as const;
        device.run('s4_backward', units, 1, ...given, ...before, ...places, ...sizes, du.rowStride);
      }
      return [
        du,
        new Tensor(sumTo(dmodes, [1, 10, M, H]).storage, modes.shape),
        skip && new Tensor(sumTo(dskip, [1, H]).storage, skip.shape),
        start && dstart,
      ];
    },
  });
  return { y, state };
}
