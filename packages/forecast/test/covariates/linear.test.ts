import { describe, expect, it } from 'vitest';
import { autoregressive, noise, wave } from '../../../../test/support/worlds.ts';
import { choleskySolve } from '../../../core/src/math/cholesky.ts';
import { dot } from '../../../core/src/math/matrix.ts';
import { Random } from '../../../core/src/random.ts';
import { gramOf, mix, ridgeByLeavingOut } from '../../src/covariates/linear.ts';
import { innovations, regress } from '../../src/covariates/regression.ts';

const standard = (values: readonly number[]): Float64Array => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const x = Float64Array.from(values, (value) => value - mean);
  const scale = Math.sqrt(dot(x, x) / x.length);
  return x.map((value) => value / scale);
};

describe('ridgeByLeavingOut', () => {
  it('has the error that leaving each value out has', () => {
    const random = new Random(1);
    const n = 14;
    const X = [standard(noise(random, n)), standard(noise(random, n))];
    const y = standard(X[0].map((x, t) => x - 0.5 * X[1][t] + 0.5 * random.normal()) as unknown as number[]);
    const { lambda, error, errorWithout } = ridgeByLeavingOut(X, y);
    // The plain way: n fits, each with its own mean of y. Columns keep their centres, as the closed form has it.
    let [direct, without] = [0, 0];
    for (let out = 0; out < n; out++) {
      const rest = Array.from({ length: n }, (_, t) => t).filter((t) => t !== out);
      const ones = new Float64Array(n - 1).fill(1);
      const columns = [ones, ...X.map((x) => Float64Array.from(rest, (t) => x[t]))];
      const target = Float64Array.from(rest, (t) => y[t]);
      const G = gramOf(columns);
      for (let i = 1; i < 3; i++) G[i][i] += lambda;
      const beta = choleskySolve(
        G,
        columns.map((column) => dot(column, target)),
      );
      direct += (y[out] - beta[0] - beta[1] * X[0][out] - beta[2] * X[1][out]) ** 2 / n;
      without += (y[out] - target.reduce((sum, x) => sum + x, 0) / (n - 1)) ** 2 / n;
    }
    expect(error).toBeCloseTo(direct, 9);
    expect(errorWithout).toBeCloseTo(without, 9);
  });

  it('shrinks what is only noise', () => {
    const random = new Random(2);
    const X = Array.from({ length: 8 }, () => standard(noise(random, 40)));
    const y = standard(noise(random, 40));
    const { beta, lambda } = ridgeByLeavingOut(X, y);
    const free = choleskySolve(
      gramOf(X),
      X.map((x) => dot(x, y)),
    );
    expect(lambda).toBeGreaterThan(1);
    expect(Math.hypot(...beta)).toBeLessThan(0.5 * Math.hypot(...free));
  });

  it('has an answer where columns are the same', () => {
    const x = standard([1, 2, 3, 4, 5, 6, 7, 9]);
    const { beta } = ridgeByLeavingOut([x, x], x);
    expect(beta[0]).toBeCloseTo(0.5, 3);
    expect(mix([x, x], beta, 8)[3]).toBeCloseTo(x[3], 3);
  });
});

describe('regress', () => {
  const group = (columns: Float64Array[], covariate = 0, lag = 0) => ({ covariate, lag, columns });

  it('finds the effect under a season and a walk', () => {
    const random = new Random(3);
    const x = Float64Array.from(autoregressive(random, 300, 0.9));
    const level = autoregressive(random, 300, 1);
    const y = x.map((value, t) => 20 + 2.5 * value + level[t] + 10 * wave(t, 12));
    const found = regress(y, [group([x])], 12);
    expect(Math.abs(found!.beta[0][0] - 2.5)).toBeLessThan(0.25);
    expect(found!.gain).toBeGreaterThan(0.7);
  });

  it('finds nothing in walks that have nothing to do with each other', () => {
    let used = 0;
    for (let seed = 0; seed < 40; seed++) {
      const random = new Random(seed);
      const [x, z, y] = [1, 2, 3].map(() => Float64Array.from(autoregressive(random, 150, 1)));
      used += Number(regress(y, [group([x]), group([z], 1)], 1) !== undefined);
    }
    expect(used).toBeLessThanOrEqual(2);
  });

  it('leaves innovations that are not alike their past', () => {
    const y = Float64Array.from(autoregressive(new Random(4), 400, 0.95));
    y[50] = Number.NaN;
    const fresh = innovations(y, 1);
    expect(fresh[50]).toBeNaN();
    const seen = fresh.filter((x) => !Number.isNaN(x));
    const lagged = dot(seen.subarray(1), seen.subarray(0, seen.length - 1)) / dot(seen, seen);
    expect(Math.abs(lagged)).toBeLessThan(0.12);
  });
});
