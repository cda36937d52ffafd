/**
 * A pendulum whose length changes: it is nonlinear and time-varying, and so not an LTI system.
 *
 *   θ'' = −(g/ℓ) sin θ − (c + 2ℓ'/ℓ) θ'      ℓ(t) = 1 + swing sin(ω t)
 *
 * Written as θ'' = −ρ θ − …, with ρ = (g/ℓ) sin θ / θ, it is linear with coefficients that depend on the angle and on the
 * time: x' = A(ρ) x. A recurrence with fixed A fits only small swings of fixed length; one whose A depends on ρ fits all
 * of them. Selective models have this dependence, and S4 does not.
 */
import { leastSquares, type Matrix } from '../math/matrix.ts';
import { mean } from '../math/stats.ts';

/** A damped pendulum of variable length. */
export interface Pendulum {
  damping: number; //     1/s
  /** The amplitude by which the length of 1 m changes, and the angular frequency of the change. */
  swing: number; //       m
  frequency: number; //   rad/s
}

const GRAVITY = 9.81;
/** Picks small coefficients where a model has more of them than the data determine. */
const RIDGE = 1e-12;

const lengthAt = ({ swing, frequency }: Pendulum, t: number) => 1 + swing * Math.sin(frequency * t);

/** ρ = (g/ℓ) sin θ / θ: the stiffness that the pendulum has at this angle and time. */
export const stiffness = (pendulum: Pendulum, angle: number, t: number): number =>
  (GRAVITY / lengthAt(pendulum, t)) * (Math.abs(angle) < 1e-8 ? 1 : Math.sin(angle) / angle);

/** Angles at 0, step, 2 step, …, from rest, by Runge–Kutta's fourth-order rule with substeps. */
export function simulatePendulum(pendulum: Pendulum, angle: number, samples: number, step: number): number[] {
  const { swing, frequency, damping } = pendulum;
  const slope = ([x, v]: number[], t: number): number[] => {
    const stretch = (swing * frequency * Math.cos(frequency * t)) / lengthAt(pendulum, t);
    return [v, -stiffness(pendulum, x, t) * x - (damping + 2 * stretch) * v];
  };
  const move = (x: number[], k: number[], h: number) => x.map((value, i) => value + h * k[i]);
  const SUBSTEPS = 10;
  const h = step / SUBSTEPS;
  let x = [angle, 0];
  const angles = [angle];
  for (let i = 0; i < (samples - 1) * SUBSTEPS; i++) {
    const t = i * h;
    const k1 = slope(x, t);
    const k2 = slope(move(x, k1, h / 2), t + h / 2);
    const k3 = slope(move(x, k2, h / 2), t + h / 2);
    const k4 = slope(move(x, k3, h), t + h);
    x = x.map((value, j) => value + (h / 6) * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]));
    if ((i + 1) % SUBSTEPS === 0) angles.push(x[0]);
  }
  return angles;
}

/** The values of which the next angle is a linear function, from the angles up to t. */
type PendulumFeatures = (past: readonly number[], t: number) => number[];

/** The last `order` angles: the general LTI model of that order. */
export const ltiFeatures =
  (order: number): PendulumFeatures =>
  (past, t) =>
    Array.from({ length: order }, (_, k) => past[t - k]);

/** The last two angles, each also times ρₜ and times the change of ℓ²: an A that depends on the input. */
export const selectiveFeatures =
  (pendulum: Pendulum, step: number): PendulumFeatures =>
  (past, t) => {
    // A change of the length keeps the angular momentum ℓ² θ'.
    const stretch = (lengthAt(pendulum, (t - 0.5) * step) / lengthAt(pendulum, (t + 0.5) * step)) ** 2;
    const gates = [1, stiffness(pendulum, past[t], t * step), stretch];
    return gates.flatMap((gate) => [gate * past[t], gate * past[t - 1]]);
  };

/** How a model of the pendulum follows it. */
export interface PendulumFit {
  /** Measured angles at the start, then those of the model. */
  angles: number[];
  /** Root mean squared error of the model, over that of the mean, on the part that was not fitted. */
  error: number;
}

/** Fits one step by least squares on the first `trained` angles, then predicts all angles after the next `order` ones. */
export function fitPendulum(
  angles: readonly number[],
  trained: number,
  order: number,
  features: PendulumFeatures,
): PendulumFit {
  const X: Matrix = [];
  const Y: Matrix = [];
  for (let t = order - 1; t + 1 < trained; t++) {
    X.push(features(angles, t));
    Y.push([angles[t + 1]]);
  }
  const [weights] = leastSquares(X, Y, RIDGE);
  const run = angles.slice(0, trained + order);
  for (let t = run.length - 1; t + 1 < angles.length; t++) {
    const next = features(run, t).reduce((sum, value, i) => sum + weights[i] * value, 0);
    // An unstable model is cut off; its error is already above 1.
    run.push(Math.max(-10, Math.min(10, next)));
  }
  const tested = angles.slice(trained + order);
  const centre = mean(tested);
  const square = (of: (value: number, i: number) => number) => tested.reduce((sum, v, i) => sum + of(v, i) ** 2, 0);
  const error = Math.sqrt(square((v, i) => v - run[trained + order + i]) / square((v) => v - centre));
  return { angles: run, error };
}
