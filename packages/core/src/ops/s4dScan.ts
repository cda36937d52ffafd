/**
 * S4D's modes and its recurrence.
 *
 *   A = −exp(logAReal) + i AImag      a = exp(Δ A)      c = 2 C (a − 1) / A
 *   xₜ = a xₜ₋₁ + uₜ                  yₜ = Re(c·xₜ) + D uₜ
 *
 * x, a and c are complex, N/2 modes a channel, each for itself and its conjugate. The system does not change with
 * time: its response to an impulse is the kernel Kₜ = Re(c·aᵗ) of the convolution mode.
 *
 * Paper: Gu et al. 2022, "On the Parameterization and Initialization of Diagonal State Space Models".
 * Official: S4DKernel in state-spaces/s4 models/s4/s4d.py.
 */
import { s4dBackward, s4dForward } from '../backend/kernels/s4d.ts';
import { s4dModesBackward, s4dModesForward } from '../backend/kernels/s4dmodes.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type ModeKernels, type ModeScanInput, modeScan } from './modeScan.ts';
import { contiguous } from './shape.ts';

export interface S4dParameters {
  C: Tensor; //         (H, N/2, 2), real and imaginary
  logDt: Tensor; //     (H)
  logAReal: Tensor; //  (H, N/2)
  AImag: Tensor; //     (H, N/2)
}

/**
 * The modes of S4D from its parameters, by zero-order hold: (4, N/2, H), the real and imaginary parts of a, then of c.
 * Throws a UsageError for shapes that do not fit.
 */
export function s4dModes({ C, logDt, logAReal, AImag }: S4dParameters): Tensor {
  requireTensor('s4d', 'kernel.C', C);
  if (C.shape.length !== 3 || C.width !== 2) {
    throw new UsageError('s4d', `kernel.C is ${show(C.shape)}, expected (H, N/2, 2), real and imaginary parts.`);
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
  const given = { C: c, logDt: dt, logAReal: re, AImag: im };
  s4dModesForward(backend.device, H, grain, { ...given, modes }, { H, M });
  record({
    name: 's4dModes',
    inputs,
    outputs: [modes],
    backward: ([grad]) => {
      if (!grad) return [];
      const grads = inputs.map((input) => backend.zeros(input.shape));
      const [dC, dlogDt, dlogAReal, dAImag] = grads;
      const operands = { ...given, dmodes: contiguous(grad), dC, dlogDt, dlogAReal, dAImag };
      s4dModesBackward(backend.device, H, grain, operands, { H, M });
      return grads;
    },
  });
  return modes;
}

const kernels: ModeKernels = {
  name: 's4d',
  rows: 4,
  multiplyAdds: 6,
  holds: 'a and c',
  scratch: () => 0,
  forward: ({ device, units, grain, sizes }, operands) => s4dForward(device, units, grain, operands, sizes),
  backward: ({ device, units, grain, sizes }, operands) => s4dBackward(device, units, grain, operands, sizes),
};

/**
 * S4D's recurrence. modes: (4, N/2, H), from s4dModes. It starts from `initial`, (B, 2, N/2, H), or from zeros.
 * Returns y (B, L, H), zeros beyond a row's length, and the state after each row's last step.
 * Throws a UsageError for shapes that do not fit.
 */
export function s4dScan(input: ModeScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  return modeScan(kernels, input, initial);
}
