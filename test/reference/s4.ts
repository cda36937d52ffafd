/**
 * S4 (Gu, Goel & Ré 2022): the dense A of each channel by the bilinear rule, step by step.
 *
 *   A = diag(Λ, conj Λ) − P P*      xₜ = (1 − Δ/2 A)⁻¹ ((1 + Δ/2 A) xₜ₋₁ + Δ B uₜ)      yₜ = C·xₜ + D uₜ
 *
 * Vectors hold all N modes: each of the N/2 that parameters give, then the conjugates.
 */
import { type Array64, array } from './array.ts';

type Complex = [number, number];

export interface S4Input {
  u: Array64; //         (B, L, H)
  C: Array64; //         (H, M, 2)
  B: Array64; //         (H, M, 2)
  P: Array64; //         (H, M, 2)
  logDt: Array64; //     (H)
  logAReal: Array64; //  (H, M)
  AImag: Array64; //     (H, M)
  D?: Array64; //        (H)
  state?: Array64; //    (B, 2, M, H)
  ages?: Int32Array; //     (B, L)
  lengths?: Int32Array; //  (B)
}

const mul = (a: Complex, b: Complex): Complex => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
const conj = (a: Complex): Complex => [a[0], -a[1]];
const scale = (s: number, a: Complex): Complex => [s * a[0], s * a[1]];
const div = (a: Complex, b: Complex): Complex => scale(1 / (b[0] ** 2 + b[1] ** 2), mul(a, conj(b)));
const dot = (a: Complex[], b: Complex[]) => a.reduce<Complex>((sum, x, i) => add(sum, mul(x, b[i])), [0, 0]);

/** Solves M X = Y for all columns of Y, by elimination. */
function solve(M: Complex[][], Y: Complex[][]): Complex[][] {
  const n = M.length;
  const rows = M.map((row, i) => [...row, ...Y[i]]);
  for (let i = 0; i < n; i++) {
    const pivot = rows[i][i];
    rows[i] = rows[i].map((x) => div(x, pivot));
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = rows[k][i];
      rows[k] = rows[k].map((x, j) => add(x, scale(-1, mul(factor, rows[i][j]))));
    }
  }
  return rows.map((row) => row.slice(n));
}

/** → y: (B, L, H), zeros beyond a row's length, and the state after its last step, (B, 2, M, H) */
export function s4Scan(input: S4Input): { y: Array64; state: Array64 } {
  const { u, D, state: initial, ages, lengths } = input;
  const [batch, L, H] = u.shape;
  const M = input.C.shape[1];
  const N = 2 * M;
  const y = array(u.shape);
  const state = array([batch, 2, M, H]);
  for (let h = 0; h < H; h++) {
    const dt = Math.exp(input.logDt.data[h]);
    const vector = (x: Array64) => {
      const half = Array.from({ length: M }, (_, m): Complex => {
        const at = 2 * (h * M + m);
        return [x.data[at], x.data[at + 1]];
      });
      return [...half, ...half.map(conj)];
    };
    const half = Array.from({ length: M }, (_, m): Complex => {
      return [-Math.exp(input.logAReal.data[h * M + m]), input.AImag.data[h * M + m]];
    });
    const lambda = [...half, ...half.map(conj)];
    const [B, C, P] = [input.B, input.C, input.P].map(vector);
    const A = P.map((p, n) => P.map((other, k) => add(n === k ? lambda[n] : [0, 0], scale(-1, mul(p, conj(other))))));
    const shifted = (sign: number) =>
      A.map((row, n) => row.map((x, k) => add([Number(n === k), 0], scale((sign * dt) / 2, x))));
    const right = shifted(1).map((row, n) => [...row, scale(dt, B[n])]);
    const step = solve(shifted(-1), right);
    for (let b = 0; b < batch; b++) {
      const at = (k: number, m: number) => ((b * 2 + k) * M + m) * H + h;
      const start = Array.from({ length: M }, (_, m): Complex => {
        return initial ? [initial.data[at(0, m)], initial.data[at(1, m)]] : [0, 0];
      });
      let x = [...start, ...start.map(conj)];
      for (let t = 0; t < (lengths ? lengths[b] : L); t++) {
        if (ages?.[b * L + t] === 0) x = x.map(() => [0, 0]);
        const ut = u.data[(b * L + t) * H + h];
        x = step.map((row) => add(dot(row.slice(0, N), x), scale(ut, row[N])));
        y.data[(b * L + t) * H + h] = dot(C, x)[0] + (D ? D.data[h] * ut : 0);
      }
      for (let m = 0; m < M; m++) for (const k of [0, 1]) state.data[at(k, m)] = x[m][k];
    }
  }
  return { y, state };
}
