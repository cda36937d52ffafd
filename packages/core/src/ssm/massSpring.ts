/**
 * The mass–spring–damper, the first state space model: m q'' + c q' + k q = u, with state x = (q, q').
 *
 *   x' = A x + B u      A = (0 1; −k/m −c/m)      B = (0; 1/m)
 *
 * Its closed form for a constant force: with α = c/2m, ω₀² = k/m, z = q − u/k,
 *
 *   z(t) = exp(−αt) (z₀ C(t) + (v₀ + α z₀) S(t))
 *
 * C and S are cos and sin / ω below critical damping, 1 and t at it, cosh and sinh / β above.
 */
import { UsageError } from '../errors.ts';
import { discretize, type LinearSystem, simulateLinear } from './discretize.ts';

/** A mass on a spring with a damper. */
export interface MassSpring {
  mass: number; //       kg
  damping: number; //    N s/m
  stiffness: number; //  N/m
}

/** Damping relative to the critical one. */
export type SpringDamping = 'underdamped' | 'critical' | 'overdamped';

/** The system of a mass, a spring and a damper. Throws UsageError for values below 0. */
export function massSpring(parameters: MassSpring): LinearSystem {
  const { mass, damping, stiffness } = parameters;
  for (const [name, value] of Object.entries(parameters)) {
    if (!(value >= 0) || (name !== 'damping' && value === 0)) {
      throw new UsageError('massSpring', `${name} is ${value}, expected a number ${name === 'damping' ? '≥' : '>'} 0.`);
    }
  }
  return {
    A: [
      [0, 1],
      [-stiffness / mass, -damping / mass],
    ],
    B: [[0], [1 / mass]],
  };
}

/** The damping above which it no longer oscillates: 2 √(k m). */
export const criticalDamping = ({ mass, stiffness }: Omit<MassSpring, 'damping'>): number =>
  2 * Math.sqrt(stiffness * mass);

/** Whether the damping is below, at or above the critical one. */
export function springDamping(parameters: MassSpring): SpringDamping {
  const critical = criticalDamping(parameters);
  if (parameters.damping === critical) return 'critical';
  return parameters.damping < critical ? 'underdamped' : 'overdamped';
}

/** Position and velocity at time t under a constant force. */
export function springClosedForm(
  parameters: MassSpring,
  [position, velocity]: readonly number[],
  force: number,
  t: number,
): [number, number] {
  const { mass, damping, stiffness } = parameters;
  const alpha = damping / (2 * mass);
  const natural = stiffness / mass;
  const rest = force / stiffness;
  const z = position - rest;
  const [C, S] = swing(alpha ** 2 - natural, t, springDamping(parameters));
  const decay = Math.exp(-alpha * t);
  return [
    rest + decay * (z * C + (velocity + alpha * z) * S),
    decay * (velocity * C - (alpha * velocity + natural * z) * S),
  ];
}

function swing(discriminant: number, t: number, damping: SpringDamping): [number, number] {
  if (damping === 'critical') return [1, t];
  const rate = Math.sqrt(Math.abs(discriminant));
  if (damping === 'underdamped') return [Math.cos(rate * t), Math.sin(rate * t) / rate];
  return [Math.cosh(rate * t), Math.sinh(rate * t) / rate];
}

/** The states at 0, step, 2 step, … under a constant force in each step, by the matrix exponential, which is exact. */
export function simulateSpring(
  parameters: MassSpring,
  start: readonly number[],
  forces: readonly number[],
  step: number,
): number[][] {
  return simulateLinear(
    discretize(massSpring(parameters), step, 'zoh'),
    start,
    forces.map((force) => [force]),
  );
}
