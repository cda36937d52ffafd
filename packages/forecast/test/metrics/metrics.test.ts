import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import {
  coverage,
  crps,
  mae,
  mase,
  meanWidth,
  pinball,
  quantileSums,
  rmsse,
  seasonalError,
  smape,
  wql,
  wqlOf,
} from '../../src/metrics/index.ts';

describe('errors of points', () => {
  it('equal errors computed by hand', () => {
    expect(mae([1, 2, 4], [2, 2, 1])).toBeCloseTo(4 / 3, 12);
    // 200 (1/3 + 0 + 3/5) / 3
    expect(smape([1, 2, 4], [2, 2, 1])).toBeCloseTo((200 * (1 / 3 + 3 / 5)) / 3, 12);
    // |3−1|, |5−2|, |4−3|: the scale with season 2 is 2
    expect(seasonalError([1, 2, 3, 5, 4], 2)).toBe(2);
    expect(mase([6, 7], [5, 9], [1, 2, 3, 5, 4], 2)).toBe(1.5 / 2);
    expect(rmsse([6, 7], [5, 9], [1, 2, 3, 5, 4], 2)).toBeCloseTo(Math.sqrt(2.5 / (14 / 3)), 12);
  });

  it('leave out missing values', () => {
    expect(mae([1, Number.NaN, 4], [2, 100, 1])).toBe(2);
    expect(seasonalError([1, Number.NaN, 2, 4])).toBe(2);
    expect(mae([Number.NaN], [1])).toBeNaN();
  });

  it('are not defined for a past without a scale', () => {
    expect(mase([5], [5], [5, 5, 5])).toBeNaN();
    expect(mase([5], [7], [1, 2, 3], 12)).toBeNaN();
    expect(rmsse([5], [7], [5, 5])).toBeNaN();
  });

  it('do not divide by 0 if value and forecast are 0', () => {
    expect(smape([0, 1], [0, 1])).toBe(0);
    expect(smape([0], [3])).toBe(200);
  });

  it('give the seasonal naive forecast of the past a MASE of 1', () => {
    const gen = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 9, maxLength: 40 });
    fc.assert(
      fc.property(gen, fc.integer({ min: 1, max: 4 }), (x, m) => {
        const [y, f] = [x.slice(m), x.slice(0, -m)];
        if (seasonalError(x, m) > 1e-9) expect(mase(y, f, x, m)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('refuse forecasts of another length and invalid seasons', () => {
    expect(() => mae([1, 2], [1])).toThrow('metrics: the forecast has 1 steps, expected 2');
    expect(() => seasonalError([1, 2], 0)).toThrow('season is 0, expected a whole number of steps from 1');
  });
});

describe('errors of quantiles', () => {
  it('equal errors computed by hand', () => {
    expect(pinball(0.9, 10, 8)).toBeCloseTo(1.8, 12);
    expect(pinball(0.9, 8, 10)).toBeCloseTo(0.2, 12);
    const quantiles = { '0.1': [8, 8], '0.9': [12, 12] };
    // y = 10: 0.1·2 + 0.1·2; y = 14: 0.1·6 + 0.9·2; twice their mean over both quantiles
    expect(crps([10, 14], quantiles)).toBeCloseTo((0.4 + 2.4) / 2, 12);
    expect(wql([10, 14], quantiles)).toBeCloseTo(2.8 / 24, 12);
  });

  it('weight the series of a set as AutoGluon does', () => {
    const random = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(7 * i + n) * 5 + 10);
    const series = [4, 9].map((n) => ({
      y: random(n),
      quantiles: { '0.2': random(n + 1).slice(1), '0.7': random(n) },
    }));
    // 2 · mean over q of [Σ |(y − f) ((y ≤ f) − q)| / Σ |y|]
    const means = (['0.2', '0.7'] as const).map((key) => {
      let [loss, size] = [0, 0];
      for (const { y, quantiles } of series) {
        for (let t = 0; t < y.length; t++) {
          loss += Math.abs((y[t] - quantiles[key][t]) * (Number(y[t] <= quantiles[key][t]) - Number(key)));
          size += Math.abs(y[t]);
        }
      }
      return loss / size;
    });
    const want = means[0] + means[1];
    expect(wqlOf(series.map(({ y, quantiles }) => quantileSums(y, quantiles)))).toBeCloseTo(want, 12);
  });

  it('approach the CRPS of a uniform distribution', () => {
    const probabilities = Array.from({ length: 199 }, (_, i) => (i + 1) / 200);
    // Quantiles of a uniform distribution on [0, 1]: ∫ (F − 1{x ≥ y})² = y³/3 + (1 − y)³/3
    const quantiles = Object.fromEntries(probabilities.map((q) => [String(q), [q]]));
    for (const y of [0.2, 0.5, 0.9]) expect(crps([y], quantiles)).toBeCloseTo(y ** 3 / 3 + (1 - y) ** 3 / 3, 2);
  });

  it('are the absolute error for the median only', () => {
    expect(crps([3, 7], { '0.5': [5, 6] })).toBeCloseTo(mae([3, 7], [5, 6]), 12);
    expect(wql([0, Number.NaN], { '0.5': [5, 6] })).toBeNaN();
  });

  it('refuse keys that are not probabilities', () => {
    expect(() => wql([1], { '80': [1] })).toThrow(
      "quantiles have the key '80', expected a probability between 0 and 1",
    );
    expect(() => wql([1], {})).toThrow('the quantiles are empty');
  });

  it('count the values inside intervals', () => {
    const y = [1, 2, Number.NaN, 4];
    const interval = { low: [0, 2, 0, 5], high: [1, 3, 9, 8] };
    expect(coverage(y, interval)).toBeCloseTo(2 / 3, 12);
    expect(meanWidth(y, interval)).toBeCloseTo(5 / 3, 12);
    expect(coverage([Number.NaN], { low: [0], high: [1] })).toBeNaN();
  });
});
