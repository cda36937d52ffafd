/**
 * The selective scan (Gu & Dao 2023, Algorithm 2).
 *
 *   hₜ = exp(Δₜ A) hₜ₋₁ + Δₜ Bₜ uₜ      yₜ = Cₜ·hₜ + D uₜ      outₜ = yₜ · silu(zₜ)
 *
 * Where a document begins (age 0) hₜ₋₁ counts as zero.
 */
import { type Array64, array } from './array.ts';
import { silu, softplus } from './elementwise.ts';

export interface ScanInput {
  u: Array64; //              (B, L, D)
  delta: Array64; //          (B, L, D)
  A: Array64; //              (D, N)
  B: Array64; //              (B, L, N) or (B, L, G, N)
  C: Array64; //              as B
  D?: Array64; //             (D)
  z?: Array64; //             (B, L, D)
  deltaBias?: Array64; //     (D)
  initialState?: Array64; //  (B, D, N)
  deltaSoftplus?: boolean;
  ages?: Int32Array; //       (B, L)
  lengths?: Int32Array; //    (B)
}

/** → out: (B, L, D), zeros beyond a row's length, and lastState: (B, D, N) */
export function selectiveScan(input: ScanInput): { out: Array64; lastState: Array64 } {
  const { u, delta, A, B, C, D: skip, z, deltaBias, initialState, deltaSoftplus, ages, lengths } = input;
  const [batch, L, D] = u.shape;
  const N = A.shape[1];
  const G = B.shape.length === 4 ? B.shape[2] : 1;
  const out = array([batch, L, D]);
  const lastState = array([batch, D, N]);
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < D; d++) {
      const group = Math.floor(d / (D / G));
      const at = (b * D + d) * N;
      const h = initialState ? initialState.data.slice(at, at + N) : new Float64Array(N);
      for (let t = 0; t < (lengths ? lengths[b] : L); t++) {
        const row = b * L + t;
        const raw = delta.data[row * D + d] + (deltaBias ? deltaBias.data[d] : 0);
        const dt = deltaSoftplus ? softplus(raw) : raw;
        const ut = u.data[row * D + d];
        const begins = ages?.[row] === 0;
        let y = skip ? skip.data[d] * ut : 0;
        for (let n = 0; n < N; n++) {
          const k = (row * G + group) * N + n;
          const carried = begins ? 0 : Math.exp(dt * A.data[d * N + n]) * h[n];
          h[n] = carried + dt * B.data[k] * ut;
          y += C.data[k] * h[n];
        }
        out.data[row * D + d] = z ? y * silu(z.data[row * D + d]) : y;
      }
      lastState.data.set(h, at);
    }
  }
  return { out, lastState };
}
