/**
 * Ridge regression in f64, for a few columns.
 *
 *   β = (XᵀX + λ I)⁻¹ Xᵀy        hₜ = Σⱼ zₜⱼ² / (dⱼ + λ)        LOO(λ) = mean (eₜ / (1 − hₜ))²
 *
 * dⱼ, vⱼ are the eigenpairs of XᵀX and z = X v. The leave-one-out error has this closed form for every λ (Allen 1974;
 * Golub, Heath & Wahba 1979).
 */
import { dot, eigenpairs } from '@mamba-ts/core/math';

/** XᵀX */
export const gramOf = (columns: readonly Float64Array[]): Float64Array[] => {
  const G = columns.map(() => new Float64Array(columns.length));
  columns.forEach((a, i) => {
    for (let j = 0; j <= i; j++) G[i][j] = G[j][i] = dot(a, columns[j]);
  });
  return G;
};

/** The result of a ridge regression. */
export interface Ridge {
  beta: Float64Array;
  lambda: number;
  /** Leave-one-out mean squared error. */
  error: number;
  /** The same without any column. */
  errorWithout: number;
}

/** λ, as multiples of the mean square of a column times the number of rows. */
const STRENGTHS = [1e-6, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100];

/**
 * The ridge with the smallest leave-one-out error.
 *
 * @param columns with mean 0 and mean square 1
 * @param y with mean 0, which adds 1/n to hₜ
 */
export function ridgeByLeavingOut(columns: readonly Float64Array[], y: Float64Array): Ridge {
  const n = y.length;
  const pairs = eigenpairs(gramOf(columns));
  const axes = pairs.map(({ vector }) => mix(columns, vector, n));
  const projections = axes.map((axis) => dot(axis, y));
  const at = (lambda: number): number => {
    let error = 0;
    for (let t = 0; t < n; t++) {
      let [fitted, leverage] = [0, 1 / n];
      for (let j = 0; j < axes.length; j++) {
        const part = axes[j][t] / (Math.max(0, pairs[j].value) + lambda);
        fitted += part * projections[j];
        leverage += part * axes[j][t];
      }
      // A value with a leverage of 1 cannot be predicted from the others.
      const left = 1 - leverage;
      error += (left > 1e-9 ? (y[t] - fitted) / left : y[t]) ** 2;
    }
    return error / n;
  };
  let best = { lambda: STRENGTHS[0] * n, error: Infinity };
  for (const strength of STRENGTHS) {
    const error = at(strength * n);
    if (error < best.error) best = { lambda: strength * n, error };
  }
  const beta = new Float64Array(columns.length);
  pairs.forEach(({ value, vector }, j) => {
    const weight = projections[j] / (Math.max(0, value) + best.lambda);
    for (let i = 0; i < beta.length; i++) beta[i] += weight * vector[i];
  });
  return { beta, ...best, errorWithout: dot(y, y) / n / (1 - 1 / n) ** 2 };
}

/** Σ weightᵢ columnᵢ */
export function mix(columns: readonly Float64Array[], weights: ArrayLike<number>, n: number): Float64Array {
  const sum = new Float64Array(n);
  columns.forEach((column, i) => {
    for (let t = 0; t < n; t++) sum[t] += weights[i] * column[t];
  });
  return sum;
}
