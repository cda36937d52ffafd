/**
 * S4's modes and its recurrence. It is S4D's with the modes coupled through one number s a step.
 *
 *   A = diag(−exp(logAReal) + i AImag) − P P*, discretised by the bilinear rule to a, p, q, b
 *   sₜ = Re(q·xₜ₋₁)      xₜ = a xₜ₋₁ + p sₜ + b uₜ      yₜ = Re(c·xₜ) + D uₜ
 *
 * Paper: Gu, Goel & Ré 2022, "Efficiently Modeling Long Sequences with Structured State Spaces".
 */
import { s4Backward, s4Forward, s4Scratch } from '../backend/kernels/s4.ts';
import { s4ModesBackward, s4ModesForward } from '../backend/kernels/s4modes.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type ModeKernels, type ModeScanInput, modeScan } from './modeScan.ts';
import type { S4dParameters } from './s4dScan.ts';
import { contiguous } from './shape.ts';

export interface S4Parameters extends S4dParameters {
  B: Tensor; //  (H, N/2, 2), real and imaginary
  P: Tensor; //  (H, N/2, 2)
}

/**
 * The modes of S4 from its parameters, by the bilinear rule: (10, N/2, H), the real and imaginary parts of a, p, q, b
 * and c. Throws a UsageError for shapes that do not fit.
 */
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
  const [c, b, p, dt, re, im] = inputs;
  const given = { C: c, B: b, P: p, logDt: dt, logAReal: re, AImag: im };
  const grain = Math.max(1, Math.ceil(64 / Math.max(1, M)));
  s4ModesForward(backend.device, H, grain, { ...given, modes }, { H, M });
  record({
    name: 's4Modes',
    inputs,
    outputs: [modes],
    backward: ([grad]) => {
      if (!grad) return [];
      const grads = inputs.map((input) => backend.zeros(input.shape));
      const [dC, dB, dP, dlogDt, dlogAReal, dAImag] = grads;
      const operands = { ...given, dmodes: contiguous(grad), dC, dB, dP, dlogDt, dlogAReal, dAImag };
      s4ModesBackward(backend.device, H, grain, operands, { H, M });
      return grads;
    },
  });
  return modes;
}

const kernels: ModeKernels = {
  name: 's4',
  rows: 10,
  multiplyAdds: 12,
  holds: 'a, p, q, b and c',
  scratch: s4Scratch,
  forward: ({ device, units, grain, sizes }, operands) => s4Forward(device, units, grain, operands, sizes),
  backward: ({ device, units, grain, sizes }, operands) => s4Backward(device, units, grain, operands, sizes),
};

/**
 * S4's recurrence. modes: (10, N/2, H), from s4Modes. It starts from `initial`, (B, 2, N/2, H), or from zeros.
 * Returns y (B, L, H), zeros beyond a row's length, and the state after each row's last step.
 * Throws a UsageError for shapes that do not fit.
 */
export function s4Scan(input: ModeScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  return modeScan(kernels, input, initial);
}
