/**
 * HiPPO-LegS: a state that holds the whole past as Legendre coefficients (Gu et al. 2020, theorem 2), in f64.
 *
 *   c'(t) = (A c(t) + B f(t)) / t      Aₙₖ = −√((2n+1)(2k+1)) below the diagonal, −(n+1) on it      Bₙ = √(2n+1)
 *
 * c is the projection of f on [0, t], from which f is reconstructed:
 *
 *   f(s) ≈ Σₙ cₙ √(2n+1) Pₙ(2s/t − 1)
 *
 * S4 starts from this A, without the 1/t, in the diagonal form A = V (Λ − P P*) V* (Gu, Goel & Ré 2022).
 * Official: hippo/hippo.py, HiPPO_LegS, and src/models/hippo/hippo.py, nplr, in state-spaces/s4.
 */
import { UsageError } from '../errors.ts';
import type { Matrix } from '../math/matrix.ts';
import { eigenpairs } from '../math/symmetric.ts';
import type { LinearSystem } from './discretize.ts';

/** A (n, n) and B (n, 1) of order n. */
export function hippoLegS(n: number): LinearSystem {
  if (!(Number.isInteger(n) && n >= 1))
    throw new UsageError('hippoLegS', `the order is ${n}, expected a whole number ≥ 1.`);
  const root = (i: number) => Math.sqrt(2 * i + 1);
  const A: Matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i > j ? -root(i) * root(j) : i === j ? -(i + 1) : 0)),
  );
  return { A, B: Array.from({ length: n }, (_, i) => [root(i)]) };
}

/** The n coefficients of a signal after its last sample: one bilinear step for each sample, with Δ = 1 and t = 1, 2, … */
export function hippoProject(signal: readonly number[], n: number): number[] {
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

/** The signal that coefficients hold, at `length` samples from the first to the last. */
export function hippoReconstruct(coefficients: readonly number[], length: number): number[] {
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

/** Real and imaginary part. */
export type Complex = readonly [number, number];

/** A = V (Λ − P P*) V*. Of each conjugate pair one is kept: N/2 entries. P and B are in the basis V. */
export interface DiagonalPlusLowRank {
  lambda: Complex[];
  P: Complex[];
  B: Complex[];
  /** V*, whose rows take a real vector into the basis. */
  basis: Complex[][];
}

/**
 * HiPPO-LegS of N states in diagonal form. With Pₙ = √(n + ½), A + P Pᵀ is −½ plus a skew-symmetric K. The
 * eigenvectors of i K, which are those of the symmetric [[0, K], [−K, 0]], diagonalise it.
 */
export function legSDiagonal(N: number): DiagonalPlusLowRank {
  if (!(Number.isInteger(N) && N >= 2 && N % 2 === 0)) {
    throw new UsageError(
      'hippoLegS',
      `N is ${N}, expected an even whole number ≥ 2, as modes come in conjugate pairs.`,
    );
  }
  const { A, B } = hippoLegS(N);
  const P = Float64Array.from({ length: N }, (_, n) => Math.sqrt(n + 0.5));
  const K = (n: number, k: number) => (n === k ? 0 : A[n][k] + P[n] * P[k]);
  const doubled = Array.from({ length: 2 * N }, (_, n) =>
    Float64Array.from({ length: 2 * N }, (_, k) => (n < N === k < N ? 0 : n < N ? K(n, k - N) : -K(n - N, k))),
  );
  // Each eigenvalue comes twice, with the same complex vector up to its phase; the first N are positive.
  const pairs = eigenpairs(doubled).filter((_, i) => i < N && i % 2 === 0);
  const basis = pairs.map(({ vector }) => {
    const norm = Math.hypot(...vector);
    return Array.from({ length: N }, (_, n): Complex => [vector[n] / norm, -vector[N + n] / norm]);
  });
  const intoBasis = (vector: ArrayLike<number>) =>
    basis.map((row) => row.reduce<Complex>(([re, im], [a, b], n) => [re + vector[n] * a, im + vector[n] * b], [0, 0]));
  return { lambda: pairs.map(({ value }) => [-0.5, value]), P: intoBasis(P), B: intoBasis(B.flat()), basis };
}
