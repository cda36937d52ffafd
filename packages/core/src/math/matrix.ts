/**
 * Small dense matrices in f64, as rows of numbers.
 *
 *   multiply([[1, 2], [3, 4]], [[1], [1]])     // [[3], [7]]
 *   exponential(A)                             // exp(A) = I + A + A²/2! + …
 */
import { UsageError } from '../errors.ts';

export type Vector = number[];
export type Matrix = number[][];

export const zeros = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
export const diagonal = (values: readonly number[]): Matrix =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
export const identity = (n: number): Matrix => diagonal(new Array<number>(n).fill(1));
/** A vector as one column. */
export const column = (values: readonly number[]): Matrix => values.map((value) => [value]);
/** Matrices of one height, side by side. */
export const beside = (...parts: Matrix[]): Matrix => parts[0].map((_, i) => parts.flatMap((part) => part[i]));

export const transpose = (a: Matrix): Matrix => (a[0] ?? []).map((_, j) => a.map((row) => row[j]));
export const scale = (a: Matrix, by: number): Matrix => a.map((row) => row.map((value) => by * value));
export const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
};

/** The sum of matrices of one shape. */
export function add(first: Matrix, ...rest: Matrix[]): Matrix {
  for (const other of rest) requireSame('add', first, other);
  return first.map((row, i) => row.map((value, j) => rest.reduce((sum, m) => sum + m[i][j], value)));
}

export function subtract(a: Matrix, b: Matrix): Matrix {
  requireSame('subtract', a, b);
  return a.map((row, i) => row.map((value, j) => value - b[i][j]));
}

/** The product of matrices, from the left. */
export function multiply(first: Matrix, ...rest: Matrix[]): Matrix {
  return rest.reduce((a, b) => {
    if ((a[0]?.length ?? 0) !== b.length) throw new UsageError('multiply', `${size(a)} times ${size(b)} does not fit.`);
    const columns = transpose(b);
    return a.map((row) => columns.map((col) => dot(row, col)));
  }, first);
}

/** A x */
export function apply(a: Matrix, x: readonly number[]): Vector {
  if ((a[0]?.length ?? 0) !== x.length) {
    throw new UsageError('apply', `a matrix of ${size(a)} times a vector of ${x.length} does not fit.`);
  }
  return a.map((row) => dot(row, x));
}

/** (A + Aᵀ) / 2: a covariance whose rounding errors would break its symmetry. */
export const symmetric = (a: Matrix): Matrix => scale(add(a, transpose(a)), 0.5);

interface Factors {
  lu: Matrix;
  order: number[];
  sign: number;
}

/** P A = L U, with partial pivoting. */
function factor(a: Matrix): Factors {
  const n = requireSquare('solve', a);
  const lu = a.map((row) => [...row]);
  const order = lu.map((_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(lu[i][k]) > Math.abs(lu[pivot][k])) pivot = i;
    if (pivot !== k) {
      [lu[k], lu[pivot]] = [lu[pivot], lu[k]];
      [order[k], order[pivot]] = [order[pivot], order[k]];
      sign = -sign;
    }
    for (let i = k + 1; i < n; i++) {
      if (lu[i][k] === 0) continue;
      lu[i][k] /= lu[k][k];
      for (let j = k + 1; j < n; j++) lu[i][j] -= lu[i][k] * lu[k][j];
    }
  }
  return { lu, order, sign };
}

/** X with A X = B. */
export function solve(a: Matrix, b: Matrix): Matrix {
  const { lu, order } = factor(a);
  const n = lu.length;
  if (b.length !== n) throw new UsageError('solve', `A is ${size(a)} and B is ${size(b)}, expected as many rows.`);
  if (lu.some((row, i) => row[i] === 0)) {
    throw new UsageError(
      'solve',
      'the matrix is singular, expected one with an inverse. Check for equal or zero rows.',
    );
  }
  const x = order.map((row) => [...b[row]]);
  for (let c = 0; c < (x[0]?.length ?? 0); c++) {
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) x[i][c] -= lu[i][j] * x[j][c];
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) x[i][c] -= lu[i][j] * x[j][c];
      x[i][c] /= lu[i][i];
    }
  }
  return x;
}

export const inverse = (a: Matrix): Matrix => solve(a, identity(a.length));

/** log |det A|, and the determinant's sign. */
export function logDeterminant(a: Matrix): { log: number; sign: number } {
  const { lu, sign } = factor(a);
  return lu.reduce(
    (sum, row, i) => ({ log: sum.log + Math.log(Math.abs(row[i])), sign: sum.sign * Math.sign(row[i]) }),
    { log: 0, sign },
  );
}

/**
 * W with the least Σ |W x − y|² over the rows x of X and y of Y, by the normal equations. `ridge`, relative to
 * the mean square of X, decides where columns of X depend on each other.
 */
export function leastSquares(X: Matrix, Y: Matrix, ridge = 0): Matrix {
  const Xt = transpose(X);
  const moments = multiply(Xt, X);
  const trace = moments.reduce((sum, row, i) => sum + row[i], 0);
  const lifted = add(moments, scale(identity(moments.length), (ridge * trace) / moments.length));
  return transpose(solve(lifted, multiply(Xt, Y)));
}

/** Numerator of the [13/13] Padé approximant of exp; the denominator has alternating signs (Higham 2005). */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
/** Up to this 1-norm the approximant is exact to double precision. */
const PADE_NORM = 5.37;

/** exp(A), by scaling and squaring: exp(A) = exp(A / 2ˢ)^(2ˢ). */
export function exponential(a: Matrix): Matrix {
  const n = requireSquare('exponential', a);
  const norm = Math.max(0, ...transpose(a).map((col) => col.reduce((sum, value) => sum + Math.abs(value), 0)));
  if (!Number.isFinite(norm)) throw new UsageError('exponential', 'the matrix holds a value that is not finite.');
  const squarings = Math.max(0, Math.ceil(Math.log2(norm / PADE_NORM)));
  const x = scale(a, 2 ** -squarings);
  const square = multiply(x, x);
  let power = identity(n);
  let even = zeros(n, n);
  let odd = zeros(n, n);
  for (let k = 0; k < PADE.length; k += 2) {
    even = add(even, scale(power, PADE[k]));
    odd = add(odd, scale(power, PADE[k + 1]));
    power = multiply(power, square);
  }
  odd = multiply(x, odd);
  let result = solve(subtract(even, odd), add(even, odd));
  for (let k = 0; k < squarings; k++) result = multiply(result, result);
  return result;
}

/** 2 × 3 */
const size = (a: Matrix): string => `${a.length} × ${a[0]?.length ?? 0}`;

function requireSquare(op: string, a: Matrix): number {
  if (a.some((row) => row.length !== a.length))
    throw new UsageError(op, `the matrix is ${size(a)}, expected a square one.`);
  return a.length;
}

function requireSame(op: string, a: Matrix, b: Matrix): void {
  if (size(a) !== size(b)) throw new UsageError(op, `${size(a)} and ${size(b)}, expected equal shapes.`);
}
