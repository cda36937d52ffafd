import { describe, expect, it } from 'vitest';
import { meanOf, moment, shareOf } from '../../../../test/support/seriesStatistics.ts';
import { Random } from '../../../core/src/random.ts';
import { CATALOGUE, sampleSeries } from '../../src/synthetic/catalogue.ts';

const sampled = (count: number, length: number, seed = 1) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => sampleSeries(random, length));
};

describe('sampleSeries', () => {
  it('is the same for the same state, and resumes from a saved one', () => {
    expect(sampled(20, 128)).toEqual(sampled(20, 128));
    expect(sampled(20, 128)).not.toEqual(sampled(20, 128, 2));
    const random = new Random(9);
    sampleSeries(random, 100);
    const saved = random.state();
    const next = sampleSeries(random, 100);
    const other = new Random(0);
    other.restore(saved);
    expect(sampleSeries(other, 100)).toEqual(next);
  });

  it('gives the same series in every version and on every machine', () => {
    const seen = sampled(6, 64, 1337).map(({ values, prior, season }) => {
      const first = Array.from(values.slice(0, 2), (value) => Number(value.toPrecision(4)));
      return [prior, season, ...first];
    });
    expect(seen).toMatchInlineSnapshot(`
      [
        [
          "arima",
          13,
          695.8,
          693.1,
        ],
        [
          "trendSeason",
          16,
          2199,
          1716,
        ],
        [
          "sensor",
          24,
          0,
          0,
        ],
        [
          "localLevel",
          undefined,
          244,
          241.1,
        ],
        [
          "gaussianProcess",
          24,
          1.768,
          2.006,
        ],
        [
          "localLevel",
          undefined,
          48.78,
          48.14,
        ],
      ]
    `);
  });

  it.each([1, 2, 5, 8, 50, 512])('gives %i values: finite or missing, seldom missing, never all', (length) => {
    for (const { values, season } of sampled(150, length)) {
      expect(values).toHaveLength(length);
      const absent = shareOf(values, Number.isNaN);
      expect(absent).toBeLessThanOrEqual(length < 8 ? 0.99 : 0.5);
      expect(values.every((value) => Number.isNaN(value) || Number.isFinite(value))).toBe(true);
      if (season !== undefined) expect(2 * season).toBeLessThanOrEqual(length);
    }
  });

  it('is hardly ever constant, sometimes has missing values, and covers many scales', () => {
    const all = sampled(600, 256);
    const constant = ({ values }: { values: Float32Array }) => moment(values, 2) <= 1e-12 * meanOf(values) ** 2;
    expect(shareOf(all, constant)).toBeLessThan(0.02);
    const withMissing = shareOf(all, ({ values }) => values.some(Number.isNaN));
    expect(withMissing).toBeGreaterThan(0.05);
    expect(withMissing).toBeLessThan(0.2);
    const powers = all.map(({ values }) => Math.log10(Math.sqrt(moment(values, 2))));
    expect(Math.min(...powers)).toBeLessThan(-4);
    expect(Math.max(...powers)).toBeGreaterThan(6);
    expect(shareOf(all, ({ season }) => season !== undefined)).toBeGreaterThan(0.4);
  });

  it('draws each prior in proportion to its weight', () => {
    const total = CATALOGUE.reduce((sum, { weight }) => sum + weight, 0);
    const names = sampled(3000, 32).flatMap(({ prior }) => prior.split('+'));
    for (const { name, weight } of CATALOGUE) {
      expect(Math.abs(shareOf(names, (drawn) => drawn === name) - weight / total)).toBeLessThan(0.025);
    }
  });

  it.each([0, -1, 2.5, Number.NaN])('refuses a length of %d', (length) => {
    expect(() => sampleSeries(new Random(1), length)).toThrow(`length is ${length}, expected a whole number ≥ 1`);
  });
});
