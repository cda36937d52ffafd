/**
 * HiPPO-LegS: a state that holds the whole past as Legendre coefficients (Gu et al. 2020, theorem 2).
 *
 *   c'(t) = (A c(t) + B f(t)) / t      Aₙₖ = −√((2n+1)(2k+1)) below the diagonal, −(n+1) on it      Bₙ = √(2n+1)
 *
 * c holds the projection of f on [0, t], so the signal comes back as
 *
 *   f(s) ≈ Σₙ cₙ √(2n+1) Pₙ(2s/t − 1)
 *
 * Official: hippo/hippo.py, HiPPO_LegS. S4 starts from this A (the 1/t left out).
 */
import { UsageError } from '../errors.ts';
import type { Matrix } from '../math/matrix.ts';
import type { LinearSystem } from './discretize.ts';

export function hippoLegS(n: number): LinearSystem {
  if (!(Number.isInteger(n) && n >= 1))
    throw new UsageError('hippoLegS', `the order is ${n}, expected a whole number ≥ 1.`);
  const root = (i: number) => Math.sqrt(2 * i + 1);
  const A: Matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i > j ? -root(i) * root(j) : i === j ? -(i + 1) : 0)),
  );
  return { A, B: Array.from({ length: n }, (_, i) => [root(i)]) };
}

/** The n coefficients of a signal after its last sample: a bilinear step for each sample, with Δ = 1 and t = 1, 2, … */
export function remember(signal: readonly number[], n: number): number[] {
  const { A, B } = hippoLegS(n);
  const c = new Array<number>(n).fill(0);
  const right = new Array<number>(n);
  signal.forEach((f, k) => {
    const t = k + 1;
    // (I − A/2t) cₜ = (I + A/2t) cₜ₋₁ + B f / t; A is lower triangular, so substitution solves it.
    for (let i = 0; i < n; i++) {
      let sum = c[i] + (B[i][0] * f) / t;
      for (let j = 0; j <= i; j++) sum += (A[i][j] * c[j]) / (2 * t);
      right[i] = sum;
    }
    for (let i = 0; i < n; i++) {
      let sum = right[i];
      for (let j = 0; j < i; j++) sum += (A[i][j] * c[j]) / (2 * t);
      c[i] = sum / (1 - A[i][i] / (2 * t));
    }
  });
  return c;
}

/** The signal that the coefficients hold, at `length` samples from first to last. */
export function recall(coefficients: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, k) => {
    const P = legendre(coefficients.length, (2 * (k + 0.5)) / length - 1);
    return coefficients.reduce((sum, c, n) => sum + c * Math.sqrt(2 * n + 1) * P[n], 0);
  });
}

/** P₀(x) … Pₙ₋₁(x), by (k+1) Pₖ₊₁ = (2k+1) x Pₖ − k Pₖ₋₁. */
export function legendre(n: number, x: number): number[] {
  const P = [1, x];
  for (let k = 1; k + 1 < n; k++) P.push(((2 * k + 1) * x * P[k] - k * P[k - 1]) / (k + 1));
  return P.slice(0, n);
}
