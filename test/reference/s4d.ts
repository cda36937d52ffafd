/**
 * S4D (Gu et al. 2022): its modes, its recurrence, its kernel, and the layer.
 *
 *   A = −exp(logAReal) + i AImag      a = exp(Δ A)      c = 2 C (a − 1) / A
 *   xₜ = a xₜ₋₁ + uₜ                  yₜ = Re(c·xₜ) + D uₜ
 *   Kₜ = Re Σ c exp(Δ A t)            yₜ = Σⱼ Kⱼ uₜ₋ⱼ + D uₜ
 *
 * Where a document begins (age 0) xₜ₋₁ counts as zero; so do inputs more than `age` steps back.
 */
import { type Array64, array } from './array.ts';
import { gelu, sigmoid } from './elementwise.ts';
import { linear } from './linear.ts';

export interface S4dParameters {
  C: Array64; //         (H, M, 2)
  logDt: Array64; //     (H)
  logAReal: Array64; //  (H, M)
  AImag: Array64; //     (H, M)
}

/** Re and Im of Δ A and of c, of mode m of channel h. */
function modeOf({ C, logDt, logAReal, AImag }: S4dParameters, h: number, m: number) {
  const k = h * C.shape[1] + m;
  const dt = Math.exp(logDt.data[h]);
  const [re, im] = [-Math.exp(logAReal.data[k]), AImag.data[k]];
  const [zr, zi] = [dt * re, dt * im];
  // (exp(z) − 1) / A, with exp(z) − 1 = expm1(zr) cos(zi) − 2 sin²(zi / 2) + i exp(zr) sin(zi)
  const [er, ei] = [Math.expm1(zr) * Math.cos(zi) - 2 * Math.sin(zi / 2) ** 2, Math.exp(zr) * Math.sin(zi)];
  const square = re * re + im * im;
  const [br, bi] = [(er * re + ei * im) / square, (ei * re - er * im) / square];
  const [Cr, Ci] = [C.data[2 * k], C.data[2 * k + 1]];
  return { zr, zi, cr: 2 * (Cr * br - Ci * bi), ci: 2 * (Cr * bi + Ci * br) };
}

/** → (4, M, H): Re a, Im a, Re c, Im c */
export function s4dModes(parameters: S4dParameters): Array64 {
  const [H, M] = parameters.C.shape;
  const modes = array([4, M, H]);
  for (let h = 0; h < H; h++) {
    for (let m = 0; m < M; m++) {
      const { zr, zi, cr, ci } = modeOf(parameters, h, m);
      const parts = [Math.exp(zr) * Math.cos(zi), Math.exp(zr) * Math.sin(zi), cr, ci];
      for (let k = 0; k < 4; k++) modes.data[(k * M + m) * H + h] = parts[k];
    }
  }
  return modes;
}

/** → (L, H) */
export function s4dKernel(parameters: S4dParameters, L: number): Array64 {
  const [H, M] = parameters.C.shape;
  const kernel = array([L, H]);
  for (let h = 0; h < H; h++) {
    for (let m = 0; m < M; m++) {
      const { zr, zi, cr, ci } = modeOf(parameters, h, m);
      for (let t = 0; t < L; t++) {
        kernel.data[t * H + h] += Math.exp(zr * t) * (cr * Math.cos(zi * t) - ci * Math.sin(zi * t));
      }
    }
  }
  return kernel;
}

export interface S4dScanInput {
  u: Array64; //       (B, L, H)
  modes: Array64; //   (4, M, H)
  D?: Array64; //      (H)
  state?: Array64; //  (B, 2, M, H)
  ages?: Int32Array; //     (B, L)
  lengths?: Int32Array; //  (B)
}

/** → y: (B, L, H), zeros beyond a row's length, and the state after its last step, (B, 2, M, H) */
export function s4dScan({ u, modes, D, state: initial, ages, lengths }: S4dScanInput): { y: Array64; state: Array64 } {
  const [B, L, H] = u.shape;
  const M = modes.shape[1];
  const y = array([B, L, H]);
  const state = array([B, 2, M, H]);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const length = lengths ? lengths[b] : L;
      for (let t = 0; D && t < length; t++) y.data[(b * L + t) * H + h] = D.data[h] * u.data[(b * L + t) * H + h];
      for (let m = 0; m < M; m++) {
        const [ar, ai, cr, ci] = [0, 1, 2, 3].map((k) => modes.data[(k * M + m) * H + h]);
        const [atRe, atIm] = [0, 1].map((k) => ((b * 2 + k) * M + m) * H + h);
        let [re, im] = initial ? [initial.data[atRe], initial.data[atIm]] : [0, 0];
        for (let t = 0; t < length; t++) {
          if (ages?.[b * L + t] === 0) [re, im] = [0, 0];
          [re, im] = [ar * re - ai * im + u.data[(b * L + t) * H + h], ar * im + ai * re];
          y.data[(b * L + t) * H + h] += cr * re - ci * im;
        }
        state.data[atRe] = re;
        state.data[atIm] = im;
      }
    }
  }
  return { y, state };
}

/** u: (B, L, H), kernel: (L, H) → (B, L, H), zeros beyond a row's length */
export function longConv(u: Array64, kernel: Array64, ages?: Int32Array, lengths?: Int32Array): Array64 {
  const [B, L, H] = u.shape;
  const y = array(u.shape);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < (lengths ? lengths[b] : L); t++) {
      for (let j = 0; j <= Math.min(t, ages ? ages[b * L + t] : t); j++) {
        for (let h = 0; h < H; h++) {
          y.data[(b * L + t) * H + h] += kernel.data[j * H + h] * u.data[(b * L + t - j) * H + h];
        }
      }
    }
  }
  return y;
}

/** The layer, in convolution mode. Parameters under their official names; with as many outputs as inputs, no gate. */
export function s4d(u: Array64, parameters: Record<string, Array64>): Array64 {
  const [B, L, H] = u.shape;
  const kernel = s4dKernel(
    {
      C: parameters['kernel.C'],
      logDt: parameters['kernel.log_dt'],
      logAReal: parameters['kernel.log_A_real'],
      AImag: parameters['kernel.A_imag'],
    },
    L,
  );
  for (let h = 0; h < H && L > 0; h++) kernel.data[h] += parameters.D.data[h];
  const y = longConv(u, kernel);
  const weight = parameters['output_linear.0.weight'];
  const [out] = weight.shape;
  const mapped = linear(
    array(y.shape, y.data.map(gelu)),
    array([out, H], weight.data),
    parameters['output_linear.0.bias'],
  );
  if (out === H) return mapped;
  const gated = array([B, L, H]);
  for (let i = 0; i < gated.data.length; i++) {
    const at = Math.floor(i / H) * 2 * H + (i % H);
    gated.data[i] = mapped.data[at] * sigmoid(mapped.data[at + H]);
  }
  return gated;
}
