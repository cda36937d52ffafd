import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { normalQuantile } from '../../../core/src/math/normal.ts';
import { Random } from '../../../core/src/random.ts';
import { baselineNames, openBaseline } from '../../src/baselines/index.ts';
import type { BaseOptions, Values } from '../../src/types.ts';

const NAN = Number.NaN;
const notes: string[] = [];
beforeEach(() => notes.splice(0));
afterEach(() => vi.restoreAllMocks());

async function forecast(name: string, values: Values, options: BaseOptions) {
  const baseline = await openBaseline(name, { note: (text) => notes.push(text) });
  const [one] = await baseline.forecastAll([values], options);
  return one;
}

/** A trend, a season of `m`, noise. */
function seasonal(n: number, m: number, noise = 0.3): number[] {
  const random = new Random(7);
  return Array.from(
    { length: n },
    (_, t) => 20 + 0.05 * t + 4 * Math.sin((2 * Math.PI * t) / m) + noise * random.normal(),
  );
}

describe('seasonal naive', () => {
  it('repeats the last season, ever less sure from season to season', async () => {
    // Residuals: 1, −1, 2, 0: σ² = 6/4
    const { mean, median, intervals } = await forecast('snaive', [1, 5, 2, 4, 4, 4], {
      horizon: 5,
      season: 2,
      levels: [80],
    });
    expect(mean).toEqual([4, 4, 4, 4, 4]);
    expect(median).toEqual(mean);
    const z = normalQuantile(0.9) * Math.sqrt(6 / 4);
    const want = [1, 1, 2, 2, 3].map((k) => 4 + z * Math.sqrt(k));
    intervals!['80'].high.forEach((x, t) => {
      expect(x).toBeCloseTo(want[t], 9);
      expect(intervals!['80'].low[t]).toBeCloseTo(8 - want[t], 9);
    });
  });

  it('goes a season further back where a value is missing', async () => {
    const { mean, quantiles } = await forecast('snaive', [1, 5, 2, 6, NAN, 9], { horizon: 2, season: 2 });
    expect(mean).toEqual([2, 9]);
    // Two seasons back: the deviation is √2 times as large.
    const width = (t: number) => quantiles['0.9'][t] - quantiles['0.1'][t];
    expect(width(0)).toBeCloseTo(Math.SQRT2 * width(1), 9);
  });

  it('finds the season where none is said', async () => {
    const values = seasonal(120, 12, 0);
    const { mean } = await forecast('snaive', values, { horizon: 12 });
    expect(mean).toEqual(values.slice(-12));
  });

  it('is naive, and says so, where the season is longer than the series', async () => {
    expect((await forecast('snaive', [3, 4, 5], { horizon: 2, season: 12 })).mean).toEqual([5, 5]);
    expect(notes).toEqual(['snaive: 3 values are no longer than a season of 12: naive instead']);
  });

  it('answers a single value, and says that it knows no intervals', async () => {
    const { mean, quantiles } = await forecast('snaive', [3], { horizon: 2 });
    expect([mean, quantiles['0.9']]).toEqual([
      [3, 3],
      [3, 3],
    ]);
    expect(notes).toEqual(['snaive: no two values to compare: intervals have no width']);
  });
});

describe('naive and drift', () => {
  it('continue with the last value, and with the mean step', async () => {
    expect((await forecast('naive', [1, 2, 4, NAN], { horizon: 2, season: 2 })).mean).toEqual([4, 4]);
    const { mean, quantiles } = await forecast('drift', [1, 2, 6, 7], { horizon: 3 });
    expect(mean).toEqual([9, 11, 13]);
    // Residuals −1, 2, −1: σ² = 2; σ²(h) = 2 h (1 + h/3)
    for (const h of [1, 2, 3]) {
      const want = mean[h - 1] + normalQuantile(0.9) * Math.sqrt(2 * h * (1 + h / 3));
      expect(quantiles['0.9'][h - 1]).toBeCloseTo(want, 9);
    }
  });

  it('count steps from the last value that is there', async () => {
    expect((await forecast('drift', [1, 3, NAN, NAN], { horizon: 2 })).mean).toEqual([9, 11]);
  });
});

describe.each(['ets', 'mstl', 'arima'])('%s', (name) => {
  it('answers values of any size', async () => {
    for (const unit of [1e-90, 1e90]) {
      const values = seasonal(60, 4).map((x) => x * unit);
      const { mean } = await forecast(name, values, { horizon: 4, season: 4 });
      expect(Math.max(...mean) / unit).toBeGreaterThan(10);
      expect(Math.max(...mean) / unit).toBeLessThan(50);
    }
  });

  it('closes gaps, and says so', async () => {
    const values = seasonal(60, 4).map((x, t) => (t % 11 === 5 || t > 57 ? NAN : x));
    const { mean } = await forecast(name, values, { horizon: 4, season: 4 });
    expect(mean.every(Number.isFinite)).toBe(true);
    expect(notes).toContain(`${name}: missing values as straight lines between their neighbours`);
  });

  it('leaves short and constant series to the seasonal naive one, and says so once', async () => {
    const baseline = await openBaseline(name, { note: (text) => notes.push(text) });
    const short = [1, 2, 3, 4, 5];
    const all = await baseline.forecastAll([short, short, new Array(40).fill(7)], { horizon: 2, season: 1 });
    expect(all.map(({ mean }) => mean)).toEqual([
      [5, 5],
      [5, 5],
      [7, 7],
    ]);
    const least = name === 'arima' ? 20 : 8;
    expect(notes).toEqual([
      `${name}: fewer than ${least} values, seasonal naive instead`,
      `${name}: all values are the same, seasonal naive instead`,
    ]);
  });

  it('prints nothing', async () => {
    const spies = (['log', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method));
    const random = new Random(3);
    await forecast(name, [0, 0, 1e9, ...Array.from({ length: 30 }, () => random.normal())], { horizon: 3, season: 3 });
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});

describe('what the libraries find', () => {
  const ahead = (values: number[], name: string) =>
    forecast(name, values.slice(0, -12), { horizon: 12, season: 12, levels: [80] });

  it('is a trend and a season for MSTL', async () => {
    const values = seasonal(132, 12);
    const { mean, intervals } = await ahead(values, 'mstl');
    mean.forEach((x, t) => {
      expect(Math.abs(x - values[120 + t])).toBeLessThan(1.5);
    });
    const { low, high } = intervals!['80'];
    expect(high.every((x, t) => low[t] < mean[t] && mean[t] < x)).toBe(true);
    expect(notes).toEqual([]);
  });

  it('is a trend for ETS', async () => {
    const random = new Random(5);
    const values = Array.from({ length: 92 }, (_, t) => 3 * t + random.normal());
    const { mean } = await ahead(values, 'ets');
    mean.forEach((x, t) => {
      expect(Math.abs(x - 3 * (80 + t))).toBeLessThan(6);
    });
    expect(notes).toEqual([]);
  });

  it('is the way back to the mean for ARIMA, ever less sure up to the spread of the series', async () => {
    const random = new Random(5);
    const values: number[] = [0];
    for (let t = 1; t < 412; t++) values.push(0.8 * values[t - 1] + random.normal());
    values[399] = 5;
    const { mean, intervals } = await ahead(values, 'arima');
    mean.forEach((x, t) => {
      expect(Math.abs(x - 5 * 0.8 ** (t + 1))).toBeLessThan(1);
    });
    const half = intervals!['80'].high.map((x, t) => (x - mean[t]) / normalQuantile(0.9));
    expect(half[0]).toBeGreaterThan(0.8);
    expect(half[0]).toBeLessThan(1.2);
    expect(half[11]).toBeGreaterThan(1.3);
    expect(half[11]).toBeLessThan(2.2);
    expect(notes).toEqual([]);
  });
});

describe('fits that run away', () => {
  // Level of Lake Huron in feet, 1875 to 1970 (LakeHuron in R's datasets). The package arima answers with 1e-309.
  const huron =
    '580.38,581.86,580.97,580.8,579.79,580.39,580.42,580.82,581.4,581.32,581.44,581.68,581.17,580.53,580.01,579.91,' +
    '579.14,579.16,579.55,579.67,578.44,578.24,579.1,579.09,579.35,578.82,579.32,579.01,579,579.8,579.83,579.72,579.89,' +
    '580.01,579.37,578.69,578.19,578.67,579.55,578.92,578.09,579.37,580.13,580.14,579.51,579.24,578.66,578.86,578.05,' +
    '577.79,576.75,576.75,577.82,578.64,580.58,579.48,577.38,576.9,576.94,576.24,576.84,576.85,576.9,577.79,578.18,' +
    '577.51,577.23,578.42,579.61,579.05,579.26,579.22,579.38,579.1,577.95,578.12,579.75,580.85,580.41,579.96,579.61,' +
    '578.76,578.18,577.21,577.13,579.1,578.25,577.91,576.89,575.96,576.8,577.68,578.38,578.52,579.74,579.31';

  it('are not shown', async () => {
    const { mean } = await forecast('arima', huron.split(',').map(Number), { horizon: 2, season: 1 });
    expect(mean).toEqual([579.31, 579.31]);
    expect(notes).toEqual(['arima: the fit did not converge, seasonal naive instead']);
  });
});

describe('every baseline', () => {
  it.each(baselineNames)('%s refuses what it can’t forecast', async (name) => {
    const baseline = await openBaseline(name);
    const ask = (values: number[], horizon = 2) => baseline.forecastAll([values], { horizon });
    await expect(ask([NAN, NAN])).rejects.toThrow('forecast: all 2 of values are missing');
    await expect(ask([])).rejects.toThrow('forecast: values is empty');
    await expect(ask([1, Infinity])).rejects.toThrow('forecast: values[1] is Infinity, expected a number');
    await expect(ask([1, 2], 0)).rejects.toThrow('horizon is 0');
  });

  it('has a name that is known', async () => {
    await expect(openBaseline('arma')).rejects.toThrow("baseline: got 'arma'");
    await expect(openBaseline('arma')).rejects.toThrow("Did you mean 'arima'?");
  });
});
