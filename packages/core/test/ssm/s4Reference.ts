/**
 * S4 (Gu, Goel & Ré 2022) in f64, from its diagonal form A = V (Λ − P P*) V*: two ways to the y of the dense ODE.
 *
 * The recurrence takes N operations a step. The convolution has a kernel that comes from a Cauchy product at the roots of
 * unity. Of each conjugate pair one is kept: a sum over modes is twice its real part.
 *
 * Official: src/models/sequence/kernels/ssm.py in state-spaces/s4.
 */
import type { Complex, DiagonalPlusLowRank } from '../../src/ssm/hippo.ts';

export const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
export const sub = (a: Complex, b: Complex): Complex => [a[0] - b[0], a[1] - b[1]];
export const mul = (a: Complex, b: Complex): Complex => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
export const conj = (a: Complex): Complex => [a[0], -a[1]];
export const scale = (s: number, a: Complex): Complex => [s * a[0], s * a[1]];
export const div = (a: Complex, b: Complex): Complex => scale(1 / (b[0] ** 2 + b[1] ** 2), mul(a, conj(b)));

/** The bilinear rule for a step Δ: x ← a x + p (q·x) + b u, where q·x is twice the real part of the sum. */
export interface S4Step {
  a: Complex[];
  p: Complex[];
  q: Complex[];
  b: Complex[];
}

export function s4Step({ lambda, P, B }: DiagonalPlusLowRank, dt: number): S4Step {
  // (1 − Δ/2 (Λ − P P*))⁻¹ = D − D P κ P* D with D = 1 / (1 − Δ/2 Λ); the rule is twice that, less 1.
  const D = lambda.map((l) => div([1, 0], sub([1, 0], scale(dt / 2, l))));
  const q = P.map((p, n) => mul(conj(p), D[n]));
  const kappa = 1 / (2 / dt + twiceReal(q, P));
  const through = kappa * twiceReal(q, B);
  return {
    a: D.map((d) => sub(scale(2, d), [1, 0])),
    p: P.map((p, n) => scale(-2 * kappa, mul(D[n], p))),
    q,
    b: B.map((b, n) => scale(dt, mul(D[n], sub(b, scale(through, P[n]))))),
  };
}

/** y of a sequence by the recurrence, from zeros; C in the basis of the diagonal form, conjugated. */
export function s4Recurrence({ a, p, q, b }: S4Step, C: readonly Complex[], u: ArrayLike<number>): Float64Array {
  let x = a.map((): Complex => [0, 0]);
  return Float64Array.from({ length: u.length }, (_, t) => {
    const s = twiceReal(q, x);
    x = x.map((value, n) => add(mul(a[n], value), add(scale(s, p[n]), scale(u[t], b[n]))));
    return twiceReal(C, x);
  });
}

/**
 * The first L values of the kernel. Its generating function at a root of unity z is four Cauchy sums
 * over 1 / (g − Λ), g = (2/Δ) (1 − z) / (1 + z); multiplied out by (1 + z) / 2, so that z = −1 is a number.
 */
export function s4Kernel(form: DiagonalPlusLowRank, C: readonly Complex[], dt: number, L: number): Float64Array {
  const { lambda, P, B } = form;
  const tilde = truncated(s4Step(form, dt), C, L);
  const values = Array.from({ length: L }, (_, k): Complex => {
    const z: Complex = [Math.cos((2 * Math.PI * k) / L), -Math.sin((2 * Math.PI * k) / L)];
    const half = scale(0.5, add([1, 0], z));
    const cauchy = (left: readonly Complex[], right: readonly Complex[]) => {
      let sum: Complex = [0, 0];
      lambda.forEach((l, n) => {
        const one = scale(1 / dt, sub([1, 0], z));
        sum = add(sum, div(mul(left[n], right[n]), sub(one, mul(half, l))));
        sum = add(sum, div(conj(mul(left[n], right[n])), sub(one, mul(half, conj(l)))));
      });
      return sum;
    };
    const across = P.map(conj);
    const low = div(mul(half, mul(cauchy(tilde, P), cauchy(across, B))), add([1, 0], mul(half, cauchy(across, P))));
    return sub(cauchy(tilde, B), low);
  });
  return Float64Array.from({ length: L }, (_, t) => {
    let sum = 0;
    values.forEach(([re, im], k) => {
      const angle = (2 * Math.PI * ((k * t) % L)) / L;
      sum += re * Math.cos(angle) - im * Math.sin(angle);
    });
    return sum / L;
  });
}

/** C (1 − Ā^L): the generating function of L values is that of all of them with it. */
function truncated({ a, p, q }: S4Step, C: readonly Complex[], L: number): Complex[] {
  let row = [...C];
  for (let t = 0; t < L; t++) {
    const s = twiceReal(row, p);
    row = row.map((value, n) => add(mul(value, a[n]), scale(s, q[n])));
  }
  return C.map((value, n) => sub(value, row[n]));
}

/** Σ over all modes, the conjugates included. */
function twiceReal(left: readonly Complex[], right: readonly Complex[]): number {
  return left.reduce((sum, value, n) => sum + 2 * mul(value, right[n])[0], 0);
}
