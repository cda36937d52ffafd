/**
 * S4's modes and its recurrence: S4D's, with the modes coupled through one number a step.
 *
 *   A = diag(−exp(logAReal) + i AImag) − P P*, discretised by the bilinear rule to a, p, q, b
 *   sₜ = Re(q·xₜ₋₁)      xₜ = a xₜ₋₁ + p sₜ + b uₜ      yₜ = Re(c·xₜ) + D uₜ
 *
 * Paper: Gu, Goel & Ré 2022, "Efficiently Modeling Long Sequences with Structured State Spaces".
 */
import { UsageError } from '../errors.ts';
import type { Backend } from '../tensor/backend.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type ModeKernels, type ModeScanInput, modeScan, S4D_CHUNK } from './modeScan.ts';
import type { S4dParameters } from './s4dScan.ts';
import { contiguous } from './shape.ts';

export interface S4Parameters extends S4dParameters {
  B: Tensor; //  (H, N/2, 2), real and imaginary
  P: Tensor; //  (H, N/2, 2)
}

/** → (10, N/2, H): the real and imaginary parts of a, p, q, b and c, as the kernels hold them. */
export function s4Modes({ C, B, P, logDt, logAReal, AImag }: S4Parameters): Tensor {
  requireTensor('s4', 'kernel.C', C);
  if (C.shape.length !== 3 || C.width !== 2) {
    throw new UsageError('s4', `kernel.C is ${show(C.shape)}, expected (H, N/2, 2), real and imaginary parts.`);
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

/** s4_scratch in kernels/s4.cpp. */
const scratch = ({ backend, units, modes }: { backend: Backend; units: number; modes: number }) =>
  backend.empty([Math.max(1, units * backend.device.lanes * modes * (22 + 2 * S4D_CHUNK))]).pointer;

const kernels: ModeKernels = {
  name: 's4',
  rows: 10,
  multiplyAdds: 12,
  holds: 'a, p, q, b and c',
  forward: (run, from, to, sizes) =>
    run.backend.device.run('s4_forward', run.units, run.grain, ...from, ...to, scratch(run), ...sizes),
  backward: (run, from, grads, to, sizes, duStride) =>
    run.backend.device.run(
      's4_backward',
      run.units,
      run.grain,
      ...from,
      ...grads,
      ...to,
      scratch(run),
      ...sizes,
      duStride,
    ),
};

/** modes: (10, N/2, H), from s4Modes. From a state (B, 2, N/2, H) or from zeros → y: (B, L, H) and the state after. */
export function s4Scan(input: ModeScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  return modeScan(kernels, input, initial);
}
