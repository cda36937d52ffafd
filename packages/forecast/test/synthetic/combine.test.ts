import { describe, expect, it } from 'vitest';
import { autocorrelation, detrended, meanOf, moment } from '../../../../test/support/seriesStatistics.ts';
import { Random } from '../../../core/src/random.ts';
import { combined, envelope, mixUp, modulation, response, splice } from '../../src/synthetic/combine.ts';
import { type Draft, standardized } from '../../src/synthetic/vector.ts';

const LENGTH = 480;
const wave: Draft = {
  values: Float64Array.from({ length: LENGTH }, (_, i) => Math.sin((2 * Math.PI * i) / 24)),
  season: 24,
};
const line: Draft = { values: Float64Array.from({ length: LENGTH }, (_, i) => i) };
const z = [wave, line].map(({ values }) => standardized(values.slice()));
const seeds = Array.from({ length: 40 }, (_, seed) => new Random(seed));

describe('combinations', () => {
  it('mixUp contains its parts, and has the season of the largest share', () => {
    for (const random of seeds) {
      const { values, season } = mixUp(random, z, [wave, line]);
      expect([24, undefined]).toContain(season);
      expect(meanOf(values.slice(-48))).toBeGreaterThan(meanOf(values.slice(0, 48)));
      const flat = detrended(values, 24);
      expect(autocorrelation(flat, 24)).toBeGreaterThan(autocorrelation(flat, 12));
    }
  });

  it('modulation scales the first by the second', () => {
    for (const random of seeds) {
      const { values, season } = modulation(random, z, [wave, line]);
      expect(season).toBe(24);
      expect(moment(values.slice(-48), 2)).toBeGreaterThan(1.5 * moment(values.slice(0, 48), 2));
    }
  });

  it('response is the first where the cause is 0', () => {
    const silent = [z[0], new Float64Array(LENGTH)];
    for (const random of seeds) {
      const { values } = response(random, silent, [wave, line]);
      const shift = values[0] - z[0][0];
      for (let i = 0; i < LENGTH; i++) expect(values[i] - z[0][i]).toBeCloseTo(shift, 9);
    }
  });

  it('splice is the first and then the second', () => {
    for (const random of seeds) {
      const { values } = splice(random, z, [wave, line]);
      expect(Array.from(values.slice(0, 48))).toEqual(Array.from(z[0].slice(0, 48)));
      const last = values.slice(-40);
      const step = last[1] - last[0];
      for (let i = 1; i < 40; i++) expect(last[i] - last[i - 1]).toBeCloseTo(step, 9);
    }
  });

  it('envelope is never below the first', () => {
    for (const random of seeds) {
      const { values } = envelope(random, z, [wave, line]);
      expect(values.every((value, i) => value >= z[0][i])).toBe(true);
    }
  });

  it('of any parts are finite and leave the parts unchanged, also short ones', () => {
    for (const random of seeds) {
      for (const length of [1, 3, 100]) {
        const parts = [1, 2, 3].map((k) => ({ values: Float64Array.from({ length }, (_, i) => (i * k) ** 2 - 1e6) }));
        const before = parts.map(({ values }) => values.slice());
        const { values } = combined(random, parts);
        expect(values).toHaveLength(length);
        expect(values.every(Number.isFinite)).toBe(true);
        expect(parts.map((part) => part.values)).toEqual(before);
      }
    }
  });
});
