/**
 * Discretization: from a continuous system x' = A x + B u to a recurrence xₜ = Ā xₜ₋₁ + B̄ uₜ.
 *
 *   euler        Ā = I + ΔA                       B̄ = ΔB                      error O(Δ)
 *   bilinear     Ā = (I − ΔA/2)⁻¹ (I + ΔA/2)      B̄ = (I − ΔA/2)⁻¹ ΔB         error O(Δ²)
 *   zoh          Ā = exp(ΔA)                      B̄ = A⁻¹ (exp(ΔA) − I) B     exact for u held constant
 *   simplified   Ā = exp(ΔA)                      B̄ = ΔB                      error O(Δ), but only in B̄
 *
 * S4 uses the bilinear rule, S4D zero-order hold, and Mamba's code the simplified rule (mamba_ssm, selective_scan).
 */
import { UsageError } from '../errors.ts';
import {
  add,
  apply,
  beside,
  exponential,
  identity,
  type Matrix,
  scale,
  solve,
  subtract,
  zeros,
} from '../math/matrix.ts';
import { slopeOf } from '../math/stats.ts';

/** x' = A x + B u, or xₜ = A xₜ₋₁ + B uₜ once discretized. A: (N, N), B: (N, M). */
export interface LinearSystem {
  A: Matrix;
  B: Matrix;
}

/** A rule of discretization; see the head of the file. */
export type DiscretizationRule = 'euler' | 'bilinear' | 'zoh' | 'simplified';
/** All rules. */
export const discretizationRules: readonly DiscretizationRule[] = ['euler', 'bilinear', 'zoh', 'simplified'];

/** A step of the system by a rule. Throws UsageError for a step that is not above 0. */
export function discretize({ A, B }: LinearSystem, step: number, rule: DiscretizationRule): LinearSystem {
  if (!(step > 0)) throw new UsageError('discretize', `the step is ${step}, expected a number > 0.`);
  const I = identity(A.length);
  const [stepA, stepB] = [scale(A, step), scale(B, step)];
  switch (rule) {
    case 'euler':
      return { A: add(I, stepA), B: stepB };
    case 'bilinear': {
      const left = subtract(I, scale(stepA, 0.5));
      return { A: solve(left, add(I, scale(stepA, 0.5))), B: solve(left, stepB) };
    }
    case 'zoh':
      return zeroOrderHold(stepA, stepB);
    case 'simplified':
      return { A: exponential(stepA), B: stepB };
    default:
      throw new UsageError('discretize', `the rule is '${rule}', expected one of ${discretizationRules.join(', ')}.`);
  }
}

/** exp of (ΔA ΔB; 0 0) holds Ā and B̄ in its upper rows, also where A has no inverse (Van Loan 1978). */
function zeroOrderHold(stepA: Matrix, stepB: Matrix): LinearSystem {
  const [n, m] = [stepA.length, stepB[0].length];
  const whole = exponential([...beside(stepA, stepB), ...zeros(m, n + m)]);
  const upper = whole.slice(0, n);
  return { A: upper.map((row) => row.slice(0, n)), B: upper.map((row) => row.slice(n)) };
}

/** The states x₀ … x_L of xₜ = A xₜ₋₁ + B uₜ. */
export function simulateLinear(
  { A, B }: LinearSystem,
  start: readonly number[],
  inputs: readonly (readonly number[])[],
) {
  const states = [[...start]];
  for (const u of inputs) {
    const [kept, forced] = [apply(A, states[states.length - 1]), apply(B, u)];
    states.push(kept.map((value, i) => value + forced[i]));
  }
  return states;
}

/** The order of a method: the slope of log(error) over log(step), by least squares. */
export function convergenceOrder(steps: readonly number[], errors: readonly number[]): number {
  return slopeOf(steps.map(Math.log), errors.map(Math.log));
}
