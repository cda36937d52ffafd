/**
 * Mamba-2's scan (Dao & Gu 2024), step by step.
 *
 *   hₜ = exp(Δₜ A) hₜ₋₁ + Δₜ Bₜ ⊗ xₜ      yₜ = Cₜ·hₜ + D xₜ
 *
 * Where a document begins (age 0) hₜ₋₁ counts as zero.
 */
import { type Array64, array } from './array.ts';
import { softplus } from './elementwise.ts';

export interface SsdInput {
  x: Array64; //              (B, L, H, P)
  dt: Array64; //             (B, L, H)
  A: Array64; //              (H)
  B: Array64; //              (B, L, G, N)
  C: Array64; //              (B, L, G, N)
  D?: Array64; //             (H)
  dtBias?: Array64; //        (H)
  initialState?: Array64; //  (B, H, P, N)
  dtSoftplus?: boolean;
  ages?: Int32Array; //       (B, L)
  lengths?: Int32Array; //    (B)
}

/** → out: (B, L, H, P), zeros beyond a row's length, and lastState: (B, H, P, N) */
export function ssd(input: SsdInput): { out: Array64; lastState: Array64 } {
  const { x, dt, A, B, C, D: skip, dtBias, initialState, dtSoftplus, ages, lengths } = input;
  const [batch, L, H, P] = x.shape;
  const [G, N] = B.shape.slice(2);
  const out = array(x.shape);
  const lastState = array([batch, H, P, N]);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < H; head++) {
      const group = Math.floor(head / (H / G));
      const at = (b * H + head) * P * N;
      const h = initialState ? initialState.data.slice(at, at + P * N) : new Float64Array(P * N);
      for (let t = 0; t < (lengths ? lengths[b] : L); t++) {
        const row = b * L + t;
        const raw = dt.data[row * H + head] + (dtBias ? dtBias.data[head] : 0);
        const delta = dtSoftplus ? softplus(raw) : raw;
        const decay = Math.exp(delta * A.data[head]);
        for (let p = 0; p < P; p++) {
          const xt = x.data[(row * H + head) * P + p];
          let y = skip ? skip.data[head] * xt : 0;
          for (let n = 0; n < N; n++) {
            const k = (row * G + group) * N + n;
            const carried = ages?.[row] === 0 ? 0 : decay * h[p * N + n];
            h[p * N + n] = carried + delta * B.data[k] * xt;
            y += C.data[k] * h[p * N + n];
          }
          out.data[(row * H + head) * P + p] = y;
        }
      }
      lastState.data.set(h, at);
    }
  }
  return { out, lastState };
}
