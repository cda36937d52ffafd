/**
 * The selective scan with a choice of what varies (Gu & Dao 2023, Algorithms 1 and 2).
 *
 *   hₜ = exp(−Δₜ rₜ) hₜ₋₁ + Δₜ Bₜ uₜ      yₜ = Cₜ·hₜ
 *
 * Where a document begins (age 0) hₜ₋₁ counts as zero.
 */
import { type Array64, array } from './array.ts';

export interface StateScanInput {
  u: Array64; //       (B, L, D)
  delta: Array64; //   (B, L, D) or (B, L, N, D)
  rate: Array64; //    (N, D) or (B, L, N, D)
  B: Array64; //       (N, D) or (B, L, N)
  C: Array64; //       (N, D) or (B, L, N)
  state?: Array64; //  (B, N, D)
  ages?: Int32Array; //     (B, L)
  lengths?: Int32Array; //  (B)
}

/** → y: (B, L, D), zeros beyond a row's length, and the last state: (B, N, D) */
export function stateScan(input: StateScanInput): { y: Array64; state: Array64 } {
  const { u, delta, rate, B, C, state, ages, lengths } = input;
  const [batch, L, D] = u.shape;
  const N = rate.shape.at(-2) as number;
  const y = array([batch, L, D]);
  const last = array([batch, N, D]);
  for (let b = 0; b < batch; b++) {
    for (let n = 0; n < N; n++) {
      for (let d = 0; d < D; d++) {
        let h = state ? state.data[(b * N + n) * D + d] : 0;
        for (let t = 0; t < (lengths ? lengths[b] : L); t++) {
          const row = b * L + t;
          const still = n * D + d;
          const moving = row * N * D + still;
          const dt = delta.data[delta.shape.length === 4 ? moving : row * D + d];
          const r = rate.data[rate.shape.length === 4 ? moving : still];
          const Bt = B.data[B.shape.length === 3 ? row * N + n : still];
          const Ct = C.data[C.shape.length === 3 ? row * N + n : still];
          h = (ages?.[row] === 0 ? 0 : Math.exp(-dt * r) * h) + dt * Bt * u.data[row * D + d];
          y.data[row * D + d] += Ct * h;
        }
        last.data[(b * N + n) * D + d] = h;
      }
    }
  }
  return { y, state: last };
}
