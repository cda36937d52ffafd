/**
 * Causal softmax attention, one row of scores at a time, and rotary embedding.
 *
 *   oₜ = Σₛ softmaxₛ(scale qₜ·kₛ) vₛ        s ≤ t, in t's document, within the window
 */
import { type Array64, array } from './array.ts';

export interface AttentionInput {
  q: Array64; //  (B, L, H · P)
  k: Array64; //  (B, n + L, G · P), the keys of all steps: of n before, and these
  v: Array64; //  as k
}

/** → out: (B, L, H · P), zeros beyond a row's length */
export function attention(
  { q, k, v }: AttentionInput,
  H: number,
  G: number,
  options: { scale?: number; window?: number; ages?: Int32Array; lengths?: Int32Array } = {},
): Array64 {
  const [B, L, width] = q.shape;
  const P = width / H;
  const { scale = 1 / Math.sqrt(P), window = Infinity, ages, lengths } = options;
  const before = k.shape[1] - L;
  const out = array(q.shape);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const g = Math.floor(h / (H / G));
      const at = (s: number) => ((b * (before + L) + s) * G + g) * P;
      for (let t = 0; t < (lengths?.[b] ?? L); t++) {
        const reach = Math.min(before + t, window - 1, ages?.[b * L + t] ?? Infinity);
        const query = ((b * L + t) * H + h) * P;
        const steps = Array.from({ length: reach + 1 }, (_, i) => before + t - reach + i);
        const scores = steps.map((s) => {
          let score = 0;
          for (let p = 0; p < P; p++) score += q.data[query + p] * k.data[at(s) + p];
          return scale * score;
        });
        const top = scores.reduce((a, x) => (x > a || Number.isNaN(x) ? x : a), -Infinity);
        const weights = scores.map((x) => Math.exp(x - top));
        const total = weights.reduce((a, x) => a + x, 0);
        steps.forEach((s, i) => {
          for (let p = 0; p < P; p++) out.data[query + p] += (weights[i] / total) * v.data[at(s) + p];
        });
      }
    }
  }
  return out;
}

export function rotary(
  x: Array64,
  heads: number,
  starts: readonly number[],
  { dims, theta, interleaved }: { dims: number; theta: number; interleaved: boolean },
): Array64 {
  const [B, L, width] = x.shape;
  const P = width / heads;
  const y = array(x.shape, x.data.slice());
  for (let row = 0; row < B * L; row++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < dims / 2; i++) {
        const angle = (starts[Math.floor(row / L)] + (row % L)) * theta ** ((-2 * i) / dims);
        const a = row * width + h * P + (interleaved ? 2 * i : i);
        const b = interleaved ? a + 1 : a + dims / 2;
        y.data[a] = x.data[a] * Math.cos(angle) - x.data[b] * Math.sin(angle);
        y.data[b] = x.data[a] * Math.sin(angle) + x.data[b] * Math.cos(angle);
      }
    }
  }
  return y;
}
