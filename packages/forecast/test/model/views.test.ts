import { describe, expect, it } from 'vitest';
import { fc, normal, uniforms } from '../../../../test/support/random.ts';
import { lastOfPhase, phaseMedian } from '../../src/model/phaseMedian.ts';
import { Views } from '../../src/model/views.ts';

const median = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

const numbers = (seed: number, count: number) => normal(uniforms(seed), [count]).data;

/** A weekly profile with noise. */
function weekly(count: number, noise = 0.1): Float64Array {
  const profile = [5, 6, 6, 7, 8, 2, 1];
  const random = numbers(3, count);
  return Float64Array.from({ length: count }, (_, t) => 100 + profile[t % 7] + noise * random[t]);
}

describe('phaseMedian', () => {
  it('is the median of the last eight known values of the phase', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN)), { maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 7 }), (list, season) => {
        const last = list.length - 1;
        const known: number[] = [];
        for (let t = last; t >= 0 && known.length < 8; t -= season) if (!Number.isNaN(list[t])) known.push(list[t]);
        const expected = known.length > 0 ? median(known) : Number.NaN;
        expect(phaseMedian(Float64Array.from(list), last, season)).toBe(expected);
        expect(phaseMedian(Float64Array.from(list), last, season, known.length + 1)).toBeNaN();
      }),
    );
  });

  it('finds the last value of a phase', () => {
    expect([10, 11, 16, 17, 18].map((t) => lastOfPhase(t, 7, 10))).toEqual([3, 4, 9, 3, 4]);
    expect(lastOfPhase(5, 7, 3)).toBeLessThan(0);
  });
});

describe('views', () => {
  it('are the values, and what is left of them without each season', () => {
    const window = weekly(70);
    const views = new Views(window, 64);
    expect(views.seasons.first).toBe(7);
    const [clean, rest] = views.list(10);
    expect(Array.from(clean.values)).toEqual(Array.from(window));
    expect(rest.from).toBe(14);
    expect(rest.values).toHaveLength(56);
    rest.values.forEach((x, i) => {
      const t = rest.from + i;
      const phase = Array.from({ length: 8 }, (_, k) => window[t - 7 * (k + 1)]).filter((y) => y !== undefined);
      expect(x).toBe(window[t] - median(phase));
    });
    const season = rest.season(10);
    expect(season[0]).toBe(median([63, 56, 49, 42, 35, 28, 21, 14].map((t) => window[t])));
    expect(season[7]).toBe(season[0]);
  });

  it('do not depend on how the window grew', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 0, max: 1000 }), (length, seed) => {
        const random = numbers(seed, 256);
        const window = weekly(256, 1).map((x, t) => (random[t] > 1.7 ? Number.NaN : random[t] < -1.7 ? 10 * x : x));
        const atOnce = new Views(window, length);
        const grown = new Views(window.subarray(0, length), length);
        for (let end = length + 1; end <= window.length; end++) grown.grow(window.subarray(0, end));
        const [a, b] = [atOnce, grown].map((views) =>
          views.list(24).map((view) => ({ from: view.from, values: view.values, season: view.season(24) })),
        );
        expect(b).toEqual(a);
      }),
      { numRuns: 50 },
    );
  });

  it('leave out outliers of the season, and read a new level', () => {
    const window = weekly(140);
    for (const t of [60, 61, 137]) window[t] -= 50;
    const views = new Views(window, 128);
    const isMissing = (t: number) => Number.isNaN(views.list(1)[0].values[t]);
    expect([59, 60, 61, 62, 136, 137, 138].map(isMissing)).toEqual([false, true, true, false, false, true, false]);

    const shifted = weekly(140).map((x, t) => (t >= 100 ? x + 50 : x));
    const values = new Views(shifted, 96).list(1)[0].values;
    expect(values.subarray(100, 104).every(Number.isNaN)).toBe(true);
    expect(Array.from(values.subarray(104))).toEqual(Array.from(shifted.subarray(104)));
  });

  it('have no season that is not known as far as the horizon', () => {
    const window = weekly(140).map((x, t) => (t % 7 === 6 ? Number.NaN : x));
    const views = new Views(window, 128, { known: [7] });
    expect(views.list(6).length).toBeGreaterThan(1);
    expect(views.list(7)).toHaveLength(1);
  });

  it('of a series without a season are its values', () => {
    for (const window of [numbers(5, 200), new Float64Array(40).fill(3), Float64Array.of(1, 2, 3)]) {
      const views = new Views(Float64Array.from(window), window.length);
      expect(views.list(5)).toHaveLength(1);
      expect(Array.from(views.list(5)[0].values)).toEqual(Array.from(window));
    }
  });
});
