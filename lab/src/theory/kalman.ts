/** The Kalman filter and smoother on a spring that is kicked at random and measured badly; EM finds its matrices. */

import { apply, diagonal, eigenvalues, logarithm, type Matrix, over } from '@mamba-ts/core/math';
import { Random } from '@mamba-ts/core/random';
import {
  discretize,
  kalmanEm,
  kalmanFilter,
  kalmanSmoother,
  type LinearGaussian,
  massSpring,
} from '@mamba-ts/core/ssm';
import { type Demo, pair, rms, times } from './demo.ts';

const STEP = 0.1;
const SAMPLES = 300;
const EM_ROUNDS = 40;

/** The spring with random kicks and its position measured with noise of 0.3 m. */
export function noisySpring(count: number, seed: number) {
  const { A } = discretize(massSpring({ mass: 1, damping: 0.4, stiffness: 4 }), STEP, 'zoh');
  const model: LinearGaussian = {
    A,
    Q: diagonal([1e-4, 0.02]),
    C: [[1, 0]],
    R: [[0.09]],
    mean: [0, 0],
    covariance: diagonal([1, 1]),
  };
  const random = new Random(seed);
  const noise = (covariance: Matrix) => covariance.map((row, i) => Math.sqrt(row[i]) * random.normal());
  let x = [1, 0];
  const states: number[][] = [];
  const outputs: number[][] = [];
  for (let t = 0; t < count; t++) {
    if (t > 0) {
      const kick = noise(model.Q);
      x = apply(A, x).map((value, i) => value + kick[i]);
    }
    states.push(x);
    outputs.push([x[0] + noise(model.R)[0]]);
  }
  return { model, states, outputs };
}

export const kalman: Demo = {
  name: 'kalman',
  about: 'the Kalman filter and smoother on a noisy spring, and EM that learns its matrices',
  run() {
    const { model, states, outputs } = noisySpring(SAMPLES, 4);
    const { filtered, logLikelihood } = kalmanFilter(model, outputs);
    const smoothed = kalmanSmoother(model, outputs).states;
    let learned: LinearGaussian = {
      ...model,
      A: [
        [1, STEP],
        [0, 1],
      ],
      Q: diagonal([0.01, 0.1]),
      R: [[0.5]],
    };
    const likelihoods: number[] = [];
    for (let k = 0; k < EM_ROUNDS; k++) {
      const round = kalmanEm(learned, outputs);
      likelihoods.push(round.logLikelihood);
      learned = round.model;
    }
    const error = (positions: readonly number[]) => rms(positions.map((q, t) => q - states[t][0])).toFixed(3);
    const poles = (A: Matrix) =>
      pair(
        eigenvalues(A).map((value) => over(logarithm(value), STEP)),
        2,
      );
    const t = times(SAMPLES, STEP);
    const position = (beliefs: typeof filtered) => beliefs.map(({ mean }) => mean[0]);
    return {
      table: [
        ['', 'error of the position (m)', 'log-likelihood', 'eigenvalues (1/s)'],
        ['measurement', error(outputs.map(([y]) => y)), '', ''],
        ['filter', error(position(filtered)), logLikelihood.toFixed(2), poles(model.A)],
        ['smoother', error(position(smoothed)), logLikelihood.toFixed(2), poles(model.A)],
        [
          `smoother, ${EM_ROUNDS} rounds of EM`,
          error(position(kalmanSmoother(learned, outputs).states)),
          likelihoods[EM_ROUNDS - 1].toFixed(2),
          poles(learned.A),
        ],
      ],
      finding: 'The filter is a linear recurrence whose matrix (I − KC)A varies in time: it selects what to believe.',
      figure: {
        title: 'A spring kicked at random, measured with noise of 0.3 m',
        panels: [
          {
            x: { label: 'time', unit: 's' },
            y: { label: 'position', unit: 'm' },
            series: [
              { name: 'measured', x: t, y: outputs.map(([y]) => y), style: 'points', color: 6 },
              { name: 'true', x: t, y: states.map(([q]) => q), color: 0 },
              { name: 'filter', x: t, y: position(filtered), color: 2, width: 1.4 },
              { name: 'smoother', x: t, y: position(smoothed), color: 3 },
            ],
            height: 290,
          },
          {
            x: { label: 'round of EM' },
            y: { label: 'log-likelihood', unit: 'nats' },
            series: [
              { name: 'learned', x: likelihoods.map((_, i) => i + 1), y: likelihoods, color: 1 },
              {
                name: 'true matrices',
                x: [1, EM_ROUNDS],
                y: [logLikelihood, logLikelihood],
                style: 'dashed',
                color: 0,
              },
            ],
            height: 200,
          },
        ],
      },
    };
  },
};
