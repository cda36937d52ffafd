import { describe, expect, it } from 'vitest';
import { Random } from '../../core/src/random.ts';
import { Forecaster } from '../src/forecaster.ts';
import type { SeriesForecaster, Values } from '../src/types.ts';

/** The true forecasts of xₜ = φ xₜ₋₁ + ε, of a unit variance: their errors of neighbouring steps are correlated. */
function autoregressive(phi: number): SeriesForecaster {
  const z = { 0.1: -1.2815515655446004, 0.5: 0, 0.9: 1.2815515655446004 };
  return {
    name: 'ar1',
    async forecastAll(series, { horizon }) {
      return series.map((values: Values) => {
        const last = values[values.length - 1];
        const mean = Array.from({ length: horizon }, (_, h) => phi ** (h + 1) * last);
        // Var = 1 + φ² + φ⁴ …
        const deviation = mean.map((_, h) => Math.hypot(...Array.from({ length: h + 1 }, (_, k) => phi ** k)));
        const at = (q: number) => mean.map((x, h) => x + q * deviation[h]);
        return { mean, median: mean, quantiles: Object.fromEntries(Object.entries(z).map(([p, q]) => [p, at(q)])) };
      });
    },
  };
}

function path(phi: number, length: number, random: Random, from = 0): number[] {
  let x = from;
  return Array.from({ length }, () => {
    x = phi * x + random.normal();
    return x;
  });
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const quantile = (values: readonly number[], p: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(p * values.length))];

describe('sample paths', () => {
  it.each([0, 0.5, 0.9, 1])('have sums and maxima in their intervals as often as they should, φ = %s', async (phi) => {
    const forecaster = new Forecaster(autoregressive(phi));
    const random = new Random(1);
    const [rounds, horizon] = [300, 12];
    const inside = { sum: 0, max: 0 };
    for (let round = 0; round < rounds; round++) {
      const all = path(phi, 200 + horizon, random);
      const [past, future] = [all.slice(0, 200), all.slice(200)];
      const { samples = [] } = await forecaster.forecast(past, { horizon, samples: 100, nonNegative: false });
      for (const [key, of] of [
        ['sum', sum],
        ['max', (values: readonly number[]) => Math.max(...values)],
      ] as const) {
        const drawn = samples.map(of);
        inside[key] += Number(of(future) >= quantile(drawn, 0.1) && of(future) <= quantile(drawn, 0.9));
      }
    }
    expect(inside.sum / rounds).toBeGreaterThan(0.72);
    expect(inside.sum / rounds).toBeLessThan(0.88);
    expect(inside.max / rounds).toBeGreaterThan(0.72);
    expect(inside.max / rounds).toBeLessThan(0.88);
  });

  it('have the quantiles of the forecast at each step, and stay within its bounds', async () => {
    const forecaster = new Forecaster(autoregressive(0.8));
    const past = path(0.8, 100, new Random(2), 5).map((x) => x + 6);
    const options = { horizon: 8, lower: 2, upper: 7, integer: true, levels: [80], samples: 1000 };
    const {
      samples = [],
      quantiles,
      intervals,
      median,
    } = await forecaster.forecast(
      past.map((x) => Math.round(Math.min(7, Math.max(2, x)))),
      options,
    );
    expect(samples).toHaveLength(1000);
    for (let t = 0; t < 8; t++) {
      const step = samples.map((values) => values[t]);
      expect(step.every((x) => Number.isInteger(x) && x >= 2 && x <= 7)).toBe(true);
      expect(Math.abs(quantile(step, 0.5) - median[t])).toBeLessThanOrEqual(1);
      expect(Math.abs(quantile(step, 0.1) - quantiles['0.1'][t])).toBeLessThanOrEqual(1);
      expect(intervals?.['80'].low[t]).toBe(quantiles['0.1'][t]);
    }
  });

  it('are those of the seed, alone and among other series, and with `from`', async () => {
    const forecaster = new Forecaster(autoregressive(0.9));
    const [a, b] = [path(0.9, 60, new Random(3)), path(0.9, 80, new Random(4))];
    const options = { horizon: 5, samples: 7 };
    const alone = await forecaster.forecast(b, options);
    const [, among] = await forecaster.forecast([a, b], options);
    expect(among.samples).toEqual(alone.samples);
    expect((await forecaster.forecast(b, { ...options, seed: 1 })).samples).not.toEqual(alone.samples);
    const without = await forecaster.forecast(b, { horizon: 5 });
    expect(without.samples).toBeUndefined();
    expect(alone.quantiles).toMatchObject(without.quantiles);
    const later = await forecaster.forecast(b, { horizon: 3, from: 3, samples: 7 });
    expect(later.samples?.every((values) => values.length === 3)).toBe(true);
  });

  it('can be made of very short, constant and gappy series', async () => {
    const forecaster = new Forecaster(autoregressive(0.5));
    for (const values of [
      [3],
      [1, Number.NaN, 2],
      new Array(40).fill(5),
      [...path(0.5, 50, new Random(5)), Number.NaN],
    ]) {
      const known = values.filter((x) => !Number.isNaN(x));
      const { samples = [] } = await forecaster.forecast([...values, known[0]], { horizon: 4, samples: 3 });
      expect(samples.flat().every(Number.isFinite)).toBe(true);
    }
  });

  it('refuse a wrong number', async () => {
    const forecaster = new Forecaster(autoregressive(0.5));
    await expect(forecaster.forecast([1, 2], { horizon: 1, samples: 0 })).rejects.toThrow(/samples is 0, expected/);
    await expect(forecaster.forecast([1, 2], { horizon: 1, samples: 10_001 })).rejects.toThrow(/from 1 to 10000/);
  });
});
