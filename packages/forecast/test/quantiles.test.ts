import { describe, expect, it } from 'vitest';
import { fc } from '../../../test/support/random.ts';
import { normalQuantile } from '../../core/src/math/normal.ts';
import { boundsOf, quantileKey } from '../src/levels.ts';
import { forecastOf, GRID, meanOf, meanWeights, monotone, quantileAt, tableOf } from '../src/quantiles.ts';

const TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const rising = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: GRID.length, maxLength: GRID.length })
  .map((values) => values.sort((a, b) => a - b));

describe('quantileAt', () => {
  it('is exact for a normal, between and beyond the levels', () => {
    const values = TENTHS.map((p) => 3 + 2 * normalQuantile(p));
    for (const p of [0.001, 0.05, 0.1, 0.25, 0.5, 0.81, 0.999]) {
      expect(quantileAt(TENTHS, values, p)).toBeCloseTo(3 + 2 * normalQuantile(p), 9);
    }
  });

  it('rises with p, and is the value itself at a level', () => {
    fc.assert(
      fc.property(rising, fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (values, p) => {
        const at = (q: number) => quantileAt(GRID, values, q);
        GRID.forEach((level, i) => {
          expect(at(level)).toBe(values[i]);
          // Up to rounding of numbers up to 1e6.
          if (p < level) expect(at(p)).toBeLessThanOrEqual(values[i] + 1e-6);
          else expect(at(p)).toBeGreaterThanOrEqual(values[i] - 1e-6);
        });
      }),
    );
  });

  it('is the value of an only level everywhere', () => expect(quantileAt([0.5], [7], 0.99)).toBe(7));
});

describe('meanOf', () => {
  it.each([
    ['normal', (p: number) => 5 + 2 * normalQuantile(p), 5, 1e-9],
    ['uniform', (p: number) => p, 0.5, 1e-9],
    ['exponential', (p: number) => -Math.log(1 - p), 1, 0.01],
    ['log-normal', (p: number) => Math.exp(normalQuantile(p)), Math.exp(0.5), 0.04],
  ])('is the mean of a %s', (_, quantile, mean, error) => {
    const levels = [...GRID];
    expect(Math.abs(meanOf(levels, levels.map(quantile)) - mean)).toBeLessThan(error);
  });

  it('stays between the extremes', () => {
    fc.assert(
      fc.property(rising, (values) => {
        const mean = meanOf(GRID, values);
        expect(mean).toBeGreaterThanOrEqual(values[0] - 1e-6);
        expect(mean).toBeLessThanOrEqual(values[values.length - 1] + 1e-6);
      }),
    );
  });

  it('is the number itself where all quantiles are', () =>
    expect(
      meanOf(
        GRID,
        GRID.map(() => 0.1),
      ),
    ).toBe(0.1));

  it('is the integral of quantileAt', () => {
    const values = GRID.map((p, i) => i ** 1.5 - p);
    let sum = 0;
    const n = 20000;
    for (let i = 0; i < n; i++) sum += quantileAt(GRID, values, (i + 0.5) / n) / n;
    expect(meanOf(GRID, values)).toBeCloseTo(sum, 2);
    expect(meanWeights(GRID).reduce((total, weight) => total + weight)).toBeCloseTo(1, 12);
  });
});

describe('forecastOf', () => {
  it('names without dust, and orders what crosses', () => {
    expect([0.1 + 0.2, (1 - 0.95) / 2, 80, 97.5].map(quantileKey)).toEqual(['0.3', '0.025', '80', '97.5']);
    expect([80, 95, 99].map(boundsOf)).toEqual([
      [0.1, 0.9],
      [0.025, 0.975],
      [0.005, 0.995],
    ]);
    expect(monotone([1, 3, 2])).toEqual([1, 2, 3]);
  });

  it('has what was asked for, and its table has it back', () => {
    const steps = [GRID.map((p) => 10 * p), GRID.map((p) => 20 * p).reverse()];
    const forecast = forecastOf({ levels: GRID, steps }, { quantiles: [0.25, 0.9], levels: [80] });
    expect(Object.keys(forecast.quantiles)).toEqual(['0.25', '0.9']);
    expect(forecast.intervals?.['80'].low).toEqual([1, 2]);
    expect(forecast.intervals?.['80'].high).toEqual(forecast.quantiles['0.9']);
    expect(forecast.median).toEqual([5, 10]);
    expect(forecast.mean[1]).toBeCloseTo(10, 9);
    expect(tableOf(forecast).levels).toEqual([0.1, 0.25, 0.5, 0.9]);
    expect(tableOf(forecast).steps[1]).toEqual([2, forecast.quantiles['0.25'][1], 10, 18]);
    expect(forecastOf({ levels: GRID, steps }, { quantiles: [0.5] }).intervals).toBeUndefined();
  });
});
