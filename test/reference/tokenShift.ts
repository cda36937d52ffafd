/** yₜ = m xₜ + (1 − m) xₜ₋₁ for each mix m; before a document x is zero. */
import { type Array64, array } from './array.ts';

export interface ShiftInput {
  x: Array64; //         (B, L, D)
  mixes: Array64[]; //   each (D) or (1, 1, D)
  state?: Array64; //    (B, D)
  ages?: Int32Array; //     (B, L)
  lengths?: Int32Array; //  (B)
}

/** → an output (B, L, D) for each mix, zeros beyond a row's length, and the last x, (B, D) */
export function tokenShift({ x, mixes, state, ages, lengths }: ShiftInput) {
  const [B, L, D] = x.shape;
  const outputs = mixes.map(() => array([B, L, D]));
  const last = array([B, D]);
  for (let b = 0; b < B; b++) {
    for (let d = 0; d < D; d++) {
      let before = state ? state.data[b * D + d] : 0;
      for (let t = 0; t < (lengths?.[b] ?? L); t++) {
        const at = (b * L + t) * D + d;
        if (ages?.[b * L + t] === 0) before = 0;
        mixes.forEach((mix, i) => {
          outputs[i].data[at] = mix.data[d] * x.data[at] + (1 - mix.data[d]) * before;
        });
        before = x.data[at];
      }
      last.data[b * D + d] = before;
    }
  }
  return { outputs, state: last };
}
