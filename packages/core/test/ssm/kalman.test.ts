import { describe, expect, it } from 'vitest';
import { noisySpring } from '../../../../lab/src/theory/kalman.ts';
import {
  add,
  apply,
  column,
  diagonal,
  dot,
  identity,
  logDeterminant,
  type Matrix,
  multiply,
  solve,
  subtract,
  transpose,
  zeros,
} from '../../src/math/matrix.ts';
import { kalmanEm, kalmanFilter, kalmanSmoother, type LinearGaussian } from '../../src/ssm/kalman.ts';

const T = 7;
const N = 2;
const { model, outputs } = noisySpring(T, 3);

/** All states and outputs as one Gaussian: means and covariances, from x = (lower triangle of powers of A) noise. */
function dense({ A, Q, C, R, mean, covariance }: LinearGaussian) {
  const powers: Matrix[] = [identity(N)];
  for (let t = 1; t < T; t++) powers.push(multiply(A, powers[t - 1]));
  const block = (rows: number, columns: number, at: (t: number, s: number) => Matrix) => {
    const whole = zeros(rows * T, columns * T);
    for (let t = 0; t < T; t++) {
      for (let s = 0; s < T; s++) {
        at(t, s).forEach((row, i) => {
          row.forEach((value, j) => {
            whole[rows * t + i][columns * s + j] = value;
          });
        });
      }
    }
    return whole;
  };
  const L = block(N, N, (t, s) => (t >= s ? powers[t - s] : zeros(N, N)));
  const noise = block(N, N, (t, s) => (t !== s ? zeros(N, N) : t === 0 ? covariance : Q));
  const H = block(1, N, (t, s) => (t === s ? C : zeros(1, N)));
  const states = multiply(L, noise, transpose(L));
  return {
    meanX: powers.flatMap((power) => apply(power, mean)),
    states,
    H,
    S: add(multiply(H, states, transpose(H)), diagonal(new Array(T).fill(R[0][0]))),
  };
}

describe('the Kalman filter and smoother', () => {
  const { meanX, states, H, S } = dense(model);
  const surprise = apply(H, meanX).map((value, t) => outputs[t][0] - value);

  it('have the likelihood of the dense Gaussian', () => {
    const weighed = solve(S, column(surprise)).flat();
    const truth = -0.5 * (dot(surprise, weighed) + logDeterminant(S).log + T * Math.log(2 * Math.PI));
    expect(kalmanFilter(model, outputs).logLikelihood).toBeCloseTo(truth, 10);
  });

  it('condition as the dense Gaussian does', () => {
    const K = transpose(solve(S, multiply(H, states)));
    const mean = apply(K, surprise).map((value, i) => meanX[i] + value);
    const covariance = subtract(states, multiply(K, H, states));
    const { states: smoothed, lagged } = kalmanSmoother(model, outputs);
    for (let t = 0; t < T; t++) {
      for (let i = 0; i < N; i++) {
        expect(smoothed[t].mean[i]).toBeCloseTo(mean[N * t + i], 10);
        for (let j = 0; j < N; j++) {
          expect(smoothed[t].covariance[i][j]).toBeCloseTo(covariance[N * t + i][N * t + j], 10);
          if (t + 1 < T) expect(lagged[t][i][j]).toBeCloseTo(covariance[N * (t + 1) + i][N * t + j], 10);
        }
      }
    }
    const { filtered } = kalmanFilter(model, outputs);
    expect(filtered[T - 1].mean[0]).toBeCloseTo(mean[N * (T - 1)], 10);
  });

  it('learn by EM, whose likelihood never falls', () => {
    const data = noisySpring(200, 9);
    const truth = kalmanFilter(data.model, data.outputs).logLikelihood;
    let learned: LinearGaussian = {
      ...data.model,
      A: [
        [1, 0.1],
        [0, 1],
      ],
      Q: diagonal([0.01, 0.1]),
      R: [[0.5]],
    };
    let last = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < 30; k++) {
      const round = kalmanEm(learned, data.outputs);
      expect(round.logLikelihood).toBeGreaterThanOrEqual(last - 1e-9);
      last = round.logLikelihood;
      learned = round.model;
    }
    expect(last).toBeGreaterThan(truth - 2);
  });

  it('refuse an output of another width', () => {
    expect(() => kalmanFilter(model, [[1, 2]])).toThrow('kalmanFilter: output 0 has 2 values, expected 1');
  });
});
