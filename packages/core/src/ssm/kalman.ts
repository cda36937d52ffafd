/**
 * The Kalman filter and smoother: the distribution of a linear state, given noisy outputs.
 *
 *   xₜ = A xₜ₋₁ + w,  w ~ N(0, Q)      yₜ = C xₜ + v,  v ~ N(0, R)      x₁ ~ N(mean, covariance)
 *
 *   predict   x⁻ = A x,  P⁻ = A P Aᵀ + Q
 *   update    K = P⁻ Cᵀ S⁻¹,  S = C P⁻ Cᵀ + R,  x = x⁻ + K (y − C x⁻),  P = (I − K C) P⁻
 *   smooth    J = P Aᵀ (P⁻)⁻¹,  x̂ₜ = xₜ + J (x̂ₜ₊₁ − x⁻ₜ₊₁)
 *
 * The update is a linear recurrence in x whose matrix (I − K C) A varies in time: a selective state space model.
 * Kalman 1960; Rauch, Tung & Striebel 1965.
 */
import { UsageError } from '../errors.ts';
import {
  add,
  apply,
  dot,
  identity,
  inverse,
  logDeterminant,
  type Matrix,
  multiply,
  scale,
  solve,
  subtract,
  symmetric,
  transpose,
  type Vector,
} from '../math/matrix.ts';

/** A model with N states and M outputs. */
export interface LinearGaussian {
  A: Matrix; //          (N, N)
  Q: Matrix; //          (N, N)
  C: Matrix; //          (M, N)
  R: Matrix; //          (M, M)
  mean: Vector; //       (N), of the first state
  covariance: Matrix; // (N, N)
}

/** A normal distribution of the state. */
export interface Belief {
  mean: Vector;
  covariance: Matrix;
}

/** What the filter finds for each output. */
export interface Filtered {
  /** Before and after each output. */
  predicted: Belief[];
  filtered: Belief[];
  /** log p(y₁ … y_T) */
  logLikelihood: number;
}

/** The distribution of each state, given the outputs so far. Throws UsageError for an output of another size. */
export function kalmanFilter(model: LinearGaussian, outputs: readonly (readonly number[])[]): Filtered {
  const { A, Q, C, R } = model;
  const I = identity(A.length);
  const result: Filtered = { predicted: [], filtered: [], logLikelihood: 0 };
  let belief: Belief = { mean: model.mean, covariance: model.covariance };
  outputs.forEach((y, t) => {
    if (y.length !== C.length) {
      throw new UsageError('kalmanFilter', `output ${t} has ${y.length} values, expected ${C.length}, the rows of C.`);
    }
    if (t > 0) belief = predict(belief, A, Q);
    result.predicted.push(belief);
    const surprise = apply(C, belief.mean).map((value, i) => y[i] - value);
    const S = add(multiply(C, belief.covariance, transpose(C)), R);
    const K = transpose(solve(S, multiply(C, belief.covariance)));
    const weighed = solve(
      S,
      surprise.map((value) => [value]),
    ).map(([value]) => value);
    result.logLikelihood -= 0.5 * (dot(surprise, weighed) + logDeterminant(S).log + y.length * Math.log(2 * Math.PI));
    // Joseph's form stays symmetric and positive definite despite rounding.
    const left = subtract(I, multiply(K, C));
    belief = {
      mean: apply(K, surprise).map((value, i) => belief.mean[i] + value),
      covariance: add(multiply(left, belief.covariance, transpose(left)), multiply(K, R, transpose(K))),
    };
    result.filtered.push(belief);
  });
  return result;
}

const predict = ({ mean, covariance }: Belief, A: Matrix, Q: Matrix): Belief => ({
  mean: apply(A, mean),
  covariance: symmetric(add(multiply(A, covariance, transpose(A)), Q)),
});

/** What the smoother finds for each output. */
export interface Smoothed {
  states: Belief[];
  /** lagged[t] = Cov(xₜ₊₁, xₜ) given all outputs */
  lagged: Matrix[];
  logLikelihood: number;
}

/** The distribution of each state, given all outputs. */
export function kalmanSmoother(model: LinearGaussian, outputs: readonly (readonly number[])[]): Smoothed {
  const { predicted, filtered, logLikelihood } = kalmanFilter(model, outputs);
  const states = [...filtered];
  const lagged: Matrix[] = [];
  for (let t = outputs.length - 2; t >= 0; t--) {
    const [now, ahead, next] = [filtered[t], predicted[t + 1], states[t + 1]];
    const J = multiply(now.covariance, transpose(model.A), inverse(ahead.covariance));
    const change = apply(
      J,
      next.mean.map((value, i) => value - ahead.mean[i]),
    );
    const correction = multiply(J, subtract(next.covariance, ahead.covariance), transpose(J));
    states[t] = {
      mean: now.mean.map((value, i) => value + change[i]),
      covariance: symmetric(add(now.covariance, correction)),
    };
    lagged[t] = multiply(next.covariance, transpose(J));
  }
  return { states, lagged, logLikelihood };
}

/**
 * One round of expectation–maximisation (Shumway & Stoffer 1982): A, Q and R from the smoothed moments.
 * C does not change, so the state keeps its meaning. The likelihood never falls.
 */
export function kalmanEm(
  model: LinearGaussian,
  outputs: readonly (readonly number[])[],
): { model: LinearGaussian; logLikelihood: number } {
  const { states, lagged, logLikelihood } = kalmanSmoother(model, outputs);
  const { C } = model;
  const T = outputs.length;
  const moments = states.map(({ mean, covariance }) => add(covariance, outer(mean, mean)));
  const cross = lagged.map((covariance, t) => add(covariance, outer(states[t + 1].mean, states[t].mean)));
  const [before, after] = [total(moments.slice(0, -1)), total(moments.slice(1))];
  const both = total(cross);
  const A = transpose(solve(before, transpose(both)));
  const Q = scale(symmetric(subtract(after, multiply(A, transpose(both)))), 1 / (T - 1));
  const residuals = states.map(({ mean, covariance }, t) => {
    const left = apply(C, mean).map((value, i) => outputs[t][i] - value);
    return add(outer(left, left), multiply(C, covariance, transpose(C)));
  });
  return { model: { ...model, A, Q, R: scale(symmetric(total(residuals)), 1 / T) }, logLikelihood };
}

const outer = (x: readonly number[], y: readonly number[]): Matrix => x.map((a) => y.map((b) => a * b));
const total = ([first, ...rest]: Matrix[]): Matrix => add(first, ...rest);
