/** Eigenvalues and eigenvectors of a real symmetric matrix, by cyclic Jacobi rotations. */
export interface Eigenpair {
  value: number;
  /** Of length 1. */
  vector: Float64Array;
}

const SWEEPS = 60;

/** The largest value first. */
export function eigenpairs(matrix: readonly Float64Array[]): Eigenpair[] {
  const n = matrix.length;
  const a = matrix.map((row) => row.slice());
  // Rows, so that both sides of a rotation walk memory in order.
  const vectors = a.map((_, i) => Float64Array.from({ length: n }, (_, k) => Number(i === k)));
  const size = a.reduce((sum, row) => row.reduce((part, x) => part + x * x, sum), 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let k = 0; k < i; k++) off += a[i][k] ** 2;
    if (off <= 1e-30 * size) break;
    for (let i = 0; i < n; i++) for (let k = i + 1; k < n; k++) rotate(a, vectors, i, k);
  }
  return vectors.map((vector, i) => ({ value: a[i][i], vector })).sort((x, y) => y.value - x.value);
}

/** Makes a[i][k] zero. */
function rotate(a: Float64Array[], vectors: Float64Array[], i: number, k: number): void {
  if (a[i][k] === 0) return;
  const theta = (a[k][k] - a[i][i]) / (2 * a[i][k]);
  const tan = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(tan, 1);
  const sin = tan * cos;
  const turn = (x: Float64Array, y: Float64Array) => {
    for (let j = 0; j < x.length; j++) [x[j], y[j]] = [cos * x[j] - sin * y[j], sin * x[j] + cos * y[j]];
  };
  turn(a[i], a[k]);
  for (const row of a) [row[i], row[k]] = [cos * row[i] - sin * row[k], sin * row[i] + cos * row[k]];
  turn(vectors[i], vectors[k]);
}
