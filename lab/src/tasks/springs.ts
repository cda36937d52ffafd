/**
 * Trajectories of a mass on a spring with random kicks and noisy measurements; a switch may change the spring.
 *
 *   xₜ = exp(Δ A(uₜ)) xₜ₋₁ + (0, wₜ)   w ~ N(0, kick²)       yₜ = qₜ + vₜ   v ~ N(0, noise²)
 *
 * x = (q, q'). A(u) is the matrix of a mass–spring–damper with the stiffness of u, the position of the switch from step
 * t − 1 to step t. The recurrence is exact, since kicks come at the steps and A is constant between them.
 *
 * The Kalman filter that knows all of this gives the mean of q given the measurements: no predictor has a smaller mean
 * squared error.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Matrix } from '@mamba-ts/core/math';
import type { Random } from '@mamba-ts/core/random';
import { discretize, massSpring } from '@mamba-ts/core/ssm';

export interface SpringWorld {
  mass: number; //                 kg
  damping: number; //              N s/m
  /** N/m, at each position of the switch; one value where there is no switch. */
  stiffness: readonly number[];
  /** Δ, in s. */
  step: number;
  /** Standard deviations: of a kick, in m/s, and of a measurement, in m. */
  kick: number;
  noise: number;
  /** Standard deviations of the first position and velocity, whose means are 0. */
  first: readonly [number, number];
  /** The least and the most steps between two changes of the switch. */
  dwell: readonly [number, number];
}

export interface SpringTrajectory {
  /** u, the switch's position. */
  readonly switches: Uint8Array;
  /** q, the true position. */
  readonly positions: Float64Array;
  /** y */
  readonly measured: Float64Array;
}

/** exp(Δ A(u)) for each position of the switch. */
export function springSteps({ mass, damping, stiffness, step }: SpringWorld): Matrix[] {
  if (stiffness.length === 0)
    throw new UsageError('springs', 'no stiffness, expected one for each position of the switch.');
  return stiffness.map((value) => discretize(massSpring({ mass, damping, stiffness: value }), step, 'zoh').A);
}

/** Returns a function that draws trajectories of a world, one after another, from `random`. */
export function springs(world: SpringWorld, random: Random): (length: number) => SpringTrajectory {
  const { kick, noise, first } = world;
  for (const [name, value] of Object.entries({ kick, noise, 'first position': first[0], 'first velocity': first[1] })) {
    if (!(value >= 0)) throw new UsageError('springs', `${name} is ${value}, expected a standard deviation ≥ 0.`);
  }
  const [least, most] = world.dwell;
  if (!(Number.isInteger(least) && Number.isInteger(most) && 1 <= least && least <= most)) {
    throw new UsageError('springs', `dwell is ${least} to ${most}, expected whole numbers of steps, 1 ≤ least ≤ most.`);
  }
  const steps = springSteps(world);
  return (length) => {
    const switches = switchPositions(steps.length, world.dwell, length, random);
    const positions = new Float64Array(length);
    const measured = new Float64Array(length);
    let [q, v] = [first[0] * random.normal(), first[1] * random.normal()];
    for (let t = 0; t < length; t++) {
      if (t > 0) {
        const [[a, b], [c, d]] = steps[switches[t]];
        [q, v] = [a * q + b * v, c * q + d * v + kick * random.normal()];
      }
      positions[t] = q;
      measured[t] = q + noise * random.normal();
    }
    return { switches, positions, measured };
  };
}

/** Each stay ends with a move to any other position; the first stay has begun before the first step. */
function switchPositions(count: number, [least, most]: SpringWorld['dwell'], length: number, random: Random) {
  const switches = new Uint8Array(length);
  if (count === 1) return switches;
  const stay = () => least + random.int(most - least + 1);
  let at = random.int(count);
  let left = 1 + random.int(stay());
  for (let t = 0; t < length; t++) {
    if (left === 0) {
      at = (at + 1 + random.int(count - 1)) % count;
      left = stay();
    }
    switches[t] = at;
    left--;
  }
  return switches;
}

export interface SpringBelief {
  /** Mean and standard deviation of the position at each step, given the measurements up to it. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** The Kalman filter of a world, written out for two states; steps without a measurement are predicted. */
export function springFilter(
  world: SpringWorld,
): (given: { switches: Uint8Array; measured: ArrayLike<number> }, isSeen: (t: number) => boolean) => SpringBelief {
  const steps = springSteps(world);
  const [Q, R] = [world.kick ** 2, world.noise ** 2];
  return ({ switches, measured }, isSeen) => {
    const length = switches.length;
    const belief = { mean: new Float64Array(length), deviation: new Float64Array(length) };
    let [q, v] = [0, 0];
    // The covariance: of the position, of both, of the velocity.
    let [pqq, pqv, pvv] = [world.first[0] ** 2, 0, world.first[1] ** 2];
    for (let t = 0; t < length; t++) {
      if (t > 0) {
        const [[a, b], [c, d]] = steps[switches[t]];
        [q, v] = [a * q + b * v, c * q + d * v];
        [pqq, pqv, pvv] = [
          a * a * pqq + 2 * a * b * pqv + b * b * pvv,
          a * c * pqq + (a * d + b * c) * pqv + b * d * pvv,
          c * c * pqq + 2 * c * d * pqv + d * d * pvv + Q,
        ];
      }
      if (isSeen(t) && pqq + R > 0) {
        const [gainQ, gainV] = [pqq / (pqq + R), pqv / (pqq + R)];
        const surprise = measured[t] - q;
        [q, v] = [q + gainQ * surprise, v + gainV * surprise];
        [pqq, pqv, pvv] = [(1 - gainQ) * pqq, (1 - gainQ) * pqv, pvv - gainV * pqv];
      }
      belief.mean[t] = q;
      belief.deviation[t] = Math.sqrt(pqq);
    }
    return belief;
  };
}
