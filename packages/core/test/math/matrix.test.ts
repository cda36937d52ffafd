import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choleskySolve } from '../../src/math/cholesky.ts';
import { modulus } from '../../src/math/complex.ts';
import { eigenvalues } from '../../src/math/eigenvalues.ts';
import {
  dot,
  exponential,
  identity,
  inverse,
  logDeterminant,
  type Matrix,
  multiply,
  scale,
  solve,
  subtract,
  transpose,
} from '../../src/math/matrix.ts';
import { eigenpairs } from '../../src/math/symmetric.ts';

const largest = (a: Matrix) => Math.max(0, ...a.flat().map(Math.abs));
const square = (n: number, bound: number) =>
  fc.array(fc.array(fc.double({ min: -bound, max: bound, noNaN: true }), { minLength: n, maxLength: n }), {
    minLength: n,
    maxLength: n,
  });
const squares = (bound: number) => fc.integer({ min: 1, max: 6 }).chain((n) => square(n, bound));

describe('matrices', () => {
  it('solve what can be solved', () => {
    fc.assert(
      fc.property(squares(1), (a) => {
        const dominant = a.map((row, i) => row.map((value, j) => value + (i === j ? 8 : 0)));
        const x = solve(dominant, transpose(a));
        expect(largest(subtract(multiply(dominant, x), transpose(a)))).toBeLessThan(1e-12);
      }),
    );
    // Needs pivoting.
    expect(
      inverse([
        [0, 1],
        [1, 0],
      ]),
    ).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('have the determinant of their factors', () => {
    expect(
      logDeterminant([
        [0, 2],
        [3, 1],
      ]),
    ).toEqual({ log: Math.log(6), sign: -1 });
  });

  it('have an exponential: exp(A) exp(−A) = I, exp(A/2)² = exp(A), and the series where A is small', () => {
    fc.assert(
      fc.property(squares(3), (a) => {
        const e = exponential(a);
        const back = exponential(scale(a, -1));
        expect(largest(subtract(multiply(e, back), identity(a.length)))).toBeLessThan(
          1e-13 * largest(e) * largest(back) * 100,
        );
        const half = exponential(scale(a, 0.5));
        expect(largest(subtract(multiply(half, half), e))).toBeLessThan(1e-12 * Math.max(1, largest(e)));
      }),
    );
    fc.assert(
      fc.property(squares(0.2), (a) => {
        let [term, sum] = [identity(a.length), identity(a.length)];
        for (let k = 1; k < 25; k++) {
          term = scale(multiply(term, a), 1 / k);
          sum = sum.map((row, i) => row.map((value, j) => value + term[i][j]));
        }
        expect(largest(subtract(exponential(a), sum))).toBeLessThan(1e-14 * 10);
      }),
    );
    // A nilpotent one, where the series ends, and one far outside the approximant's range.
    expect(
      exponential([
        [0, 300],
        [0, 0],
      ])[0][1],
    ).toBeCloseTo(300, 10);
    expect(exponential([[-500]])[0][0] / Math.exp(-500)).toBeCloseTo(1, 11);
  });

  it('have eigenvalues: their sum is the trace, their product the determinant', () => {
    fc.assert(
      fc.property(squares(2), (a) => {
        const found = eigenvalues(a);
        const trace = a.reduce((sum, row, i) => sum + row[i], 0);
        expect(found.reduce((sum, { re }) => sum + re, 0)).toBeCloseTo(trace, 9);
        expect(found.reduce((sum, { im }) => sum + im, 0)).toBeCloseTo(0, 9);
        const { log } = logDeterminant(a);
        const size = found.reduce((product, value) => product * modulus(value), 1);
        if (Number.isFinite(log)) expect(size).toBeCloseTo(Math.exp(log), 8);
      }),
    );
  });

  it('finds the roots that a companion matrix was made of', () => {
    // (x − 1)(x + 2)(x² − 2x + 5) = x⁴ − x³ + x² + 9x − 10
    const companion = [
      [1, -1, -9, 10],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ];
    const found = eigenvalues(companion);
    for (const root of [
      { re: 1, im: 2 },
      { re: 1, im: 0 },
      { re: 1, im: -2 },
      { re: -2, im: 0 },
    ]) {
      expect(Math.min(...found.map((v) => Math.hypot(v.re - root.re, v.im - root.im)))).toBeLessThan(1e-10);
    }
    // A cyclic permutation, on which unshifted QR stands still.
    const cycle = [
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ];
    for (const value of eigenvalues(cycle)) expect(modulus(value)).toBeCloseTo(1, 12);
  });

  it('takes matrices with a single eigenvalue, and none', () => {
    const lower = [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ];
    for (const a of [lower, transpose(lower)])
      for (const value of eigenvalues(a)) expect(modulus(value)).toBeLessThan(1e-3);
    expect(eigenvalues([])).toEqual([]);
  });

  it('have eigenvectors where they are symmetric: A v = λ v, each of length 1', () => {
    fc.assert(
      fc.property(squares(2), (a) => {
        const symmetric = a.map((row, i) => Float64Array.from(row, (value, j) => value + a[j][i]));
        const pairs = eigenpairs(symmetric);
        for (const { value, vector } of pairs) {
          expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
          symmetric.forEach((row, i) => {
            expect(dot(row, vector)).toBeCloseTo(value * vector[i], 9);
          });
        }
        expect(pairs.map(({ value }) => value)).toEqual(pairs.map(({ value }) => value).sort((x, y) => y - x));
      }),
    );
  });

  it('are solved by Cholesky where they are positive definite', () => {
    fc.assert(
      fc.property(squares(1), (a) => {
        const positive = multiply(a, transpose(a)).map((row, i) => row.map((value, j) => value + (i === j ? 1 : 0)));
        const b = positive.map((_, i) => i - 1);
        const x = choleskySolve(positive, b);
        positive.forEach((row, i) => {
          expect(dot(row, x)).toBeCloseTo(b[i], 9);
        });
      }),
    );
    // Singular: the second unknown is 0.
    const ones = [
      [1, 1],
      [1, 1],
    ];
    expect([...choleskySolve(ones, [1, 1])]).toEqual([1, 0]);
  });

  it('refuse what does not fit', () => {
    expect(() => multiply([[1, 2]], [[1, 2]])).toThrow('multiply: 1 × 2 times 1 × 2 does not fit.');
    expect(() =>
      solve(
        [
          [1, 1],
          [1, 1],
        ],
        [[1], [1]],
      ),
    ).toThrow('solve: the matrix is singular');
    expect(() => exponential([[1, 2]])).toThrow('exponential: the matrix is 1 × 2, expected a square one.');
    expect(() => eigenvalues([[Number.NaN]])).toThrow('eigenvalues: expected a square matrix of finite numbers.');
  });
});
