/** Quantiles around a mixture, and their pinball loss, as plain loops. */
import { type Array64, array } from './array.ts';

const softplus = (x: number) => (x > 20 ? x : Math.log1p(Math.exp(x)));

/** raw (T, J + Q·P), candidates (T, J, P), offset (Q) → (T, Q, P) */
export function quantiles(raw: Array64, candidates: Array64, offset: Array64): Array64 {
  const [T, J, P] = candidates.shape;
  const [Q] = offset.shape;
  const middle = (Q - 1) / 2;
  const out = array([T, Q, P], new Array<number>(T * Q * P).fill(0));
  for (let t = 0; t < T; t++) {
    const x = (q: number, p: number) => raw.data[t * (J + Q * P) + J + q * P + p];
    for (let p = 0; p < P; p++) {
      let value = x(middle, p);
      for (let j = 0; j < J; j++) value += raw.data[t * (J + Q * P) + j] * candidates.data[(t * J + j) * P + p];
      const put = (q: number, y: number) => {
        out.data[(t * Q + q) * P + p] = y;
        return y;
      };
      put(middle, value);
      let at = value;
      for (let q = middle + 1; q < Q; q++) at = put(q, at + softplus(x(q, p) + offset.data[q]));
      at = value;
      for (let q = middle - 1; q >= 0; q--) at = put(q, at - softplus(x(q, p) + offset.data[q]));
    }
  }
  return out;
}

/** quantiles (T, Q, P), targets (T, P; NaN: missing), weights (T), levels (Q) → a scalar */
export function pinball(
  quantiles: Array64,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  levels: readonly number[],
): Array64 {
  const [T, Q, P] = quantiles.shape;
  let loss = 0;
  for (let t = 0; t < T; t++)
    for (let q = 0; q < Q; q++)
      for (let p = 0; p < P; p++) {
        const error = targets[t * P + p] - quantiles.data[(t * Q + q) * P + p];
        if (Number.isNaN(error)) continue;
        loss += (weights[t] * Math.max(levels[q] * error, (levels[q] - 1) * error)) / (Q * P);
      }
  return array([], [loss]);
}
