/**
 * Predictors that need no training: the Kalman filter that knows the equations, the best linear predictor, and the last
 * measurement.
 *
 * The best linear predictor weights the measurements, for each horizon, by least squares over many trajectories. Every
 * model that is linear and time-invariant, such as an LTI state space model, is one of its candidates. It does not see
 * the switch: mirrored positions are as likely with the same switch, so the two are uncorrelated.
 */
import { leastSquares, mean } from '@mamba-ts/core/math';
import type { Random } from '@mamba-ts/core/random';
import { type SpringTrajectory, springFilter, springs } from '../../../tasks/springs.ts';
import type { System } from './springSystems.ts';

/** Predicts the position at each horizon from 0 on, from the first `measured` measurements. */
export type Predictor = (trajectory: SpringTrajectory) => ArrayLike<number>;

export function kalmanPredictor({ world }: System, measured: number): Predictor {
  const filter = springFilter(world);
  return (trajectory) => filter(trajectory, (t) => t < measured).mean.subarray(measured - 1);
}

export const lastValue =
  (measured: number): Predictor =>
  ({ measured: y }) =>
    new Float64Array(y.length - measured + 1).fill(y[measured - 1]);

/** Fitted to `count` newly drawn trajectories. */
export function linearPredictor(
  { world }: System,
  { measured, horizon, count }: { measured: number; horizon: number; count: number },
  random: Random,
): Predictor {
  const next = springs(world, random);
  const trajectories = Array.from({ length: count }, () => next(measured + horizon));
  const weights = leastSquares(
    trajectories.map((one) => [...one.measured.subarray(0, measured)]),
    trajectories.map((one) => [...one.positions.subarray(measured - 1)]),
  );
  return ({ measured: y }) => weights.map((row) => row.reduce((sum, weight, t) => sum + weight * y[t], 0));
}

/** Root of the mean squared error at each horizon from 0 on. */
export function errorsOf(trajectories: readonly SpringTrajectory[], measured: number, predict: Predictor): number[] {
  const squares = new Float64Array(trajectories[0].positions.length - measured + 1);
  for (const trajectory of trajectories) {
    const predicted = predict(trajectory);
    for (let h = 0; h < squares.length; h++) {
      squares[h] += (predicted[h] - trajectory.positions[measured - 1 + h]) ** 2;
    }
  }
  return Array.from(squares, (sum) => Math.sqrt(sum / trajectories.length));
}

/** Root mean squared error over the horizons from 1 to `until`. */
export function errorUpTo(errors: readonly number[], until: number): number {
  return Math.sqrt(mean(errors.slice(1, until + 1).map((error) => error ** 2)));
}
