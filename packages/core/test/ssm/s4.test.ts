import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../../test/support/compare.ts';
import { normal, uniforms } from '../../../../test/support/random.ts';
import { type Complex, hippoLegS, legSDiagonal } from '../../src/ssm/hippo.ts';
import { add, conj, mul, s4Kernel, s4Recurrence, s4Step, scale } from './s4Reference.ts';

/** Solves M x = b by elimination with pivots. */
function solve(matrix: number[][], b: Float64Array): Float64Array {
  const n = b.length;
  const m = matrix.map((row, i) => [...row, b[i]]);
  for (let i = 0; i < n; i++) {
    const pivot = m
      .map((row, k) => (k < i ? -1 : Math.abs(row[i])))
      .reduce((at, v, k, all) => (v > all[at] ? k : at), i);
    [m[i], m[pivot]] = [m[pivot], m[i]];
    for (let k = i + 1; k < n; k++) {
      const factor = m[k][i] / m[i][i];
      for (let j = i; j <= n; j++) m[k][j] -= factor * m[i][j];
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let rest = m[i][n];
    for (let j = i + 1; j < n; j++) rest -= m[i][j] * x[j];
    x[i] = rest / m[i][i];
  }
  return x;
}

/** The ODE with the dense A, step by step: (1 − Δ/2 A) x ← (1 + Δ/2 A) x + Δ B u. */
function simulate(N: number, C: Float64Array, dt: number, u: ArrayLike<number>): Float64Array {
  const { A, B } = hippoLegS(N);
  const left = A.map((row, n) => row.map((value, k) => Number(n === k) - (dt / 2) * value));
  let x = new Float64Array(N);
  return Float64Array.from({ length: u.length }, (_, t) => {
    const right = x.map(
      (value, n) => value + (dt / 2) * A[n].reduce((s, a, k) => s + a * x[k], 0) + dt * B[n][0] * u[t],
    );
    x = solve(left, right) as Float64Array<ArrayBuffer>;
    return C.reduce((sum, c, n) => sum + c * x[n], 0);
  });
}

/** Real C in the basis, conjugated: C x = Σ conj(V* C) (V* x). */
const intoBasis = (basis: Complex[][], C: Float64Array) =>
  basis.map((row) => conj(row.reduce<Complex>((sum, v, n) => add(sum, scale(C[n], v)), [0, 0])));

describe('S4', () => {
  it('has the HiPPO-LegS matrices of the paper', () => {
    const { A, B } = hippoLegS(4);
    const [r3, r5, r7] = [3, 5, 7].map(Math.sqrt);
    expectClose(
      A.flatMap((row) => [...row]),
      [...[-1, 0, 0, 0], ...[-r3, -2, 0, 0], ...[-r5, -r5 * r3, -3, 0], ...[-r7, -r7 * r3, -r7 * r5, -4]],
      1e-15,
    );
    expectClose(B.flat(), [1, r3, r5, r7], 1e-15);
  });

  it.each([2, 8, 64])('is A again: V (Λ − P P*) V* for N = %i', (N) => {
    const { A } = hippoLegS(N);
    const { lambda, P, basis } = legSDiagonal(N);
    const product = (n: number, k: number) => {
      // Twice the real part of one of each pair; P P* couples all of them, and P in the basis is V* P.
      const diagonal = lambda.reduce((sum, l, m) => sum + 2 * mul(mul(conj(basis[m][n]), l), basis[m][k])[0], 0);
      const back = (i: number) => P.reduce((sum, p, m) => sum + 2 * mul(conj(basis[m][i]), p)[0], 0);
      return diagonal - back(n) * back(k);
    };
    for (let n = 0; n < N; n += 1 + (N >> 3)) {
      expectClose(
        A[n].map((_, k) => product(n, k)),
        A[n],
        1e-10,
        `row ${n}`,
      );
    }
    expect(lambda.every(([re, im]) => re === -0.5 && im > 0)).toBe(true);
  });

  it.each([
    [2, 5, 0.1],
    [8, 64, 0.03],
    [16, 63, 0.3],
    [64, 100, 0.01],
  ])('gives the same y by the ODE, the recurrence and convolution: N = %i, L = %i, Δ = %f', (N, L, dt) => {
    const random = uniforms(N);
    const [C, u] = [normal(random, [N]).data, normal(random, [L]).data];
    const form = legSDiagonal(N);
    const c = intoBasis(form.basis, C);
    const want = simulate(N, C, dt, u);
    expectClose(s4Recurrence(s4Step(form, dt), c, u), want, 1e-9, 'recurrence');
    const kernel = s4Kernel(form, c, dt, L);
    const convolved = u.map((_, t) => kernel.subarray(0, t + 1).reduce((sum, k, j) => sum + k * u[t - j], 0));
    expectClose(convolved, want, 1e-9, 'convolution');
  });

  it('refuses what cannot be', () => {
    expect(() => legSDiagonal(5)).toThrow('hippoLegS: N is 5, expected an even whole number ≥ 2');
  });
});
