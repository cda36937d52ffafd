/**
 * Eigenvalues of a small real matrix: to Hessenberg form, then QR steps with Wilkinson's shift,
 *
 *   H − μ I = Q R      H ← R Q + μ I
 *
 * in complex arithmetic, so that one shift does for real eigenvalues and for pairs. Golub & Van Loan, §7.4–7.5.
 */
import { UsageError } from '../errors.ts';
import { type Complex, complex, conjugate, minus, modulus, over, plus, squareRoot, times } from './complex.ts';
import type { Matrix } from './matrix.ts';

const EPSILON = 2 ** -52;
const MAX_STEPS = 60;
/** After this many steps without convergence the shift is replaced by an arbitrary one. */
const PATIENCE = 12;

/** All eigenvalues, by falling real part, then falling imaginary part. */
export function eigenvalues(a: Matrix): Complex[] {
  if (a.some((row) => row.length !== a.length || row.some((value) => !Number.isFinite(value)))) {
    throw new UsageError('eigenvalues', 'expected a square matrix of finite numbers.');
  }
  const h = hessenberg(a).map((row) => row.map((value) => complex(value)));
  const size = Math.hypot(...a.flat());
  const found: Complex[] = [];
  let last = h.length - 1;
  let steps = 0;
  while (last >= 0) {
    const first = startOfBlock(h, last, size);
    if (first === last) {
      found.push(h[last][last]);
      last -= 1;
      steps = 0;
    } else if (first === last - 1) {
      found.push(...ofPair(h, first));
      last -= 2;
      steps = 0;
    } else {
      if (++steps > MAX_STEPS) throw new UsageError('eigenvalues', `no convergence in ${MAX_STEPS} steps.`);
      const [one, other] = ofPair(h, last - 1);
      const corner = h[last][last];
      const near = modulus(minus(one, corner)) < modulus(minus(other, corner)) ? one : other;
      qrStep(h, first, last, steps % PATIENCE === 0 ? complex(modulus(h[last][last - 1]), 1) : near);
    }
  }
  return found.sort((x, y) => y.re - x.re || y.im - x.im);
}

/** The largest |λ|: a discrete system is stable where it is below 1. */
export const spectralRadius = (a: Matrix): number => Math.max(0, ...eigenvalues(a).map(modulus));

/** Similar to A and zero below the first subdiagonal, by elimination with pivoting. */
function hessenberg(a: Matrix): Matrix {
  const h = a.map((row) => [...row]);
  const n = h.length;
  for (let m = 1; m < n - 1; m++) {
    let pivot = m;
    for (let i = m + 1; i < n; i++) if (Math.abs(h[i][m - 1]) > Math.abs(h[pivot][m - 1])) pivot = i;
    if (h[pivot][m - 1] === 0) continue;
    [h[m], h[pivot]] = [h[pivot], h[m]];
    for (const row of h) [row[m], row[pivot]] = [row[pivot], row[m]];
    for (let i = m + 1; i < n; i++) {
      const factor = h[i][m - 1] / h[m][m - 1];
      for (let j = m - 1; j < n; j++) h[i][j] -= factor * h[m][j];
      for (const row of h) row[m] += factor * row[i];
    }
  }
  return h;
}

/** The first row of the last block that no zero cuts; what is small enough becomes zero. */
function startOfBlock(h: Complex[][], last: number, size: number): number {
  for (let k = last; k > 0; k--) {
    // Between two zeros nothing is small but what is small for the whole matrix.
    const scale = modulus(h[k][k]) + modulus(h[k - 1][k - 1]) || size;
    if (modulus(h[k][k - 1]) <= EPSILON * scale) {
      h[k][k - 1] = complex(0);
      return k;
    }
  }
  return 0;
}

/** Both eigenvalues of rows k and k + 1, by the quadratic formula. */
function ofPair(h: Complex[][], k: number): [Complex, Complex] {
  const middle = over(plus(h[k][k], h[k + 1][k + 1]), 2);
  const half = over(minus(h[k][k], h[k + 1][k + 1]), 2);
  const root = squareRoot(plus(times(half, half), times(h[k][k + 1], h[k + 1][k])));
  return [plus(middle, root), minus(middle, root)];
}

/** One step on the rows and columns first … last, by Givens rotations. */
function qrStep(h: Complex[][], first: number, last: number, shift: Complex): void {
  for (let k = first; k <= last; k++) h[k][k] = minus(h[k][k], shift);
  const rotations: [Complex, Complex][] = [];
  for (let k = first; k < last; k++) {
    const length = Math.hypot(modulus(h[k][k]), modulus(h[k + 1][k])) || 1;
    const [c, s] = [over(h[k][k], length), over(h[k + 1][k], length)];
    rotations.push([c, s]);
    for (let j = k; j <= last; j++) {
      const [x, y] = [h[k][j], h[k + 1][j]];
      h[k][j] = plus(times(conjugate(c), x), times(conjugate(s), y));
      h[k + 1][j] = minus(times(c, y), times(s, x));
    }
  }
  rotations.forEach(([c, s], i) => {
    const k = first + i;
    for (let j = first; j <= Math.min(k + 2, last); j++) {
      const [x, y] = [h[j][k], h[j][k + 1]];
      h[j][k] = plus(times(x, c), times(y, s));
      h[j][k + 1] = minus(times(y, conjugate(c)), times(x, conjugate(s)));
    }
  });
  for (let k = first; k <= last; k++) h[k][k] = plus(h[k][k], shift);
}
