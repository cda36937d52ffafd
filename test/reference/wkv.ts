/**
 * WKV, RWKV-4's recurrence, with the largest exponent kept apart.
 *
 *   yₜ = (Aₜ₋₁ + e^(u+kₜ) vₜ) / (Bₜ₋₁ + e^(u+kₜ))
 *   Aₜ = e^w Aₜ₋₁ + e^kₜ vₜ          Bₜ = e^w Bₜ₋₁ + e^kₜ          A = aa e^pp, B = bb e^pp
 */
import { type Array64, array } from './array.ts';

export interface WkvInput {
  k: Array64; //      (B, L, D)
  v: Array64; //      (B, L, D)
  decay: Array64; //  (D): w
  bonus: Array64; //  (D): u
  state?: { aa: Array64; bb: Array64; pp: Array64 }; // each (B, D)
  ages?: Int32Array; //     (B, L)
  lengths?: Int32Array; //  (B)
}

/** b where one of them is NaN: aa and bb carry the NaN on. */
function larger(a: number, b: number): number {
  if (a > b) return a;
  return b;
}

/** → y: (B, L, D), zeros beyond a row's length, and the state after its last step */
export function wkv({ k, v, decay, bonus, state, ages, lengths }: WkvInput) {
  const [B, L, D] = k.shape;
  const y = array([B, L, D]);
  const last = { aa: array([B, D]), bb: array([B, D]), pp: array([B, D]) };
  for (let b = 0; b < B; b++) {
    for (let d = 0; d < D; d++) {
      const row = b * D + d;
      let [aa, bb, pp] = state ? [state.aa.data[row], state.bb.data[row], state.pp.data[row]] : [0, 0, -1e38];
      for (let t = 0; t < (lengths?.[b] ?? L); t++) {
        const at = (b * L + t) * D + d;
        if (ages?.[b * L + t] === 0) [aa, bb, pp] = [0, 0, -1e38];
        const boosted = bonus.data[d] + k.data[at];
        const top = larger(pp, boosted);
        const [old, fresh] = [Math.exp(pp - top), Math.exp(boosted - top)];
        y.data[at] = (old * aa + fresh * v.data[at]) / (old * bb + fresh);
        const decayed = pp + decay.data[d];
        const next = larger(decayed, k.data[at]);
        const [kept, added] = [Math.exp(decayed - next), Math.exp(k.data[at] - next)];
        aa = kept * aa + added * v.data[at];
        bb = kept * bb + added;
        pp = next;
      }
      last.aa.data[row] = aa;
      last.bb.data[row] = bb;
      last.pp.data[row] = pp;
    }
  }
  return { y, state: last };
}
