/**
 * Cholesky's factorisation of a symmetric, positive definite matrix.
 *
 *   A = L Lᵀ        L y = b, then Lᵀ x = y
 */

/** A pivot below this part of the diagonal entry is taken as 0. */
const VANISHING = 1e-10;

/** x with A x = b. Where A is singular, an unknown whose pivot vanishes is 0. */
export function choleskySolve(A: readonly ArrayLike<number>[], b: ArrayLike<number>): Float64Array {
  const n = b.length;
  const L = Array.from({ length: n }, () => new Float64Array(n));
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i][j];
      for (let k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      if (i > j) L[i][j] = L[j][j] > 0 ? sum / L[j][j] : 0;
      else L[i][i] = sum > VANISHING * Math.abs(A[i][i]) ? Math.sqrt(sum) : 0;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) x[i] -= L[i][j] * x[j];
    x[i] = L[i][i] > 0 ? x[i] / L[i][i] : 0;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[i] -= L[j][i] * x[j];
    x[i] = L[i][i] > 0 ? x[i] / L[i][i] : 0;
  }
  return x;
}
