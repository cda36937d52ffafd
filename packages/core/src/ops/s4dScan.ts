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
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireOneBackend, requireShape, requireTensor } from './check.ts';
import { type ModeKernels, type ModeScanInput, modeScan } from './modeScan.ts';
import { contiguous, reshape } from './shape.ts';

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

const kernels: ModeKernels = {
  name: 's4d',
  rows: 4,
  multiplyAdds: 6,
  holds: 'a and c',
  forward: ({ backend, units, grain }, from, to, sizes) =>
    backend.device.run('s4d_forward', units, grain, ...from, ...to, ...sizes),
  backward: ({ backend, units, grain }, from, grads, to, sizes, duStride) =>
    backend.device.run('s4d_backward', units, grain, ...from, ...grads, ...to, ...sizes, duStride),
};

/** modes: (4, N/2, H), from s4dModes. From a state (B, 2, N/2, H) or from zeros → y: (B, L, H) and the state after. */
export function s4dScan(input: ModeScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  return modeScan(kernels, input, initial);
}

/** The kernel of convolution mode, (L, H): the answer to an impulse. With D, its first value holds D too. */
export function s4dKernel(modes: Tensor, L: number, D?: Tensor): Tensor {
  const H = modes.width;
  const impulse = new Float32Array(L * H).fill(1, 0, Math.min(L, 1) * H);
  const { y } = s4dScan({ u: modes.backend.tensor(impulse, [1, L, H]), modes, D });
  return reshape(y, [L, H]);
}
