import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/src/random.ts';
import { findSeasons } from '../../src/model/seasons.ts';

const series = (length: number, f: (t: number, random: Random) => number, seed = 1) => {
  const random = new Random(seed);
  return Float64Array.from({ length }, (_, t) => f(t, random));
};
const wave = (t: number, period: number) => Math.sin((2 * Math.PI * t) / period);

describe('findSeasons', () => {
  it.each([2, 3, 4, 7, 12, 24, 52, 168])('finds a noisy season of %i', (period) => {
    const shape = series(period, (_, random) => random.normal(), 3);
    const y = series(8 * period + 100, (t, random) => shape[t % period] + 0.3 * random.normal());
    expect(findSeasons(y).first).toBe(period);
  });

  it('finds a day and a week', () => {
    const y = series(
      1500,
      (t, random) => wave(t, 24) + (Math.floor(t / 24) % 7 >= 5 ? -1.5 : 0) + 0.2 * random.normal(),
    );
    const { first, second } = findSeasons(y);
    expect([first, second].sort((a, b) => a - b)).toEqual([24, 168]);
  });

  it('finds a season on a trend, on a random walk, and with outliers', () => {
    expect(findSeasons(series(300, (t, random) => t + 10 * wave(t, 12) + random.normal())).first).toBe(12);
    let level = 0;
    const walk = series(400, (t, random) => {
      level += 0.3 * random.normal();
      return level + 2 * wave(t, 24);
    });
    expect(findSeasons(walk).first).toBe(24);
    const spiked = series(300, (t, random) => wave(t, 7) + 0.2 * random.normal() + (t === 100 || t === 183 ? 80 : 0));
    expect(findSeasons(spiked).first).toBe(7);
  });

  it('finds the whole season where the variogram rises with the lag', () => {
    // A wide peak on a random walk: the minimum of V alone is a few steps short.
    for (const period of [24, 52, 144]) {
      let level = 0;
      const y = series(6 * period, (t, random) => {
        level += 0.08 * random.normal();
        return level + wave(t, period) + 0.1 * random.normal();
      });
      expect(Math.abs(findSeasons(y).first - period)).toBeLessThanOrEqual(1);
    }
  });

  it('finds a season under a cycle that hides it', () => {
    const shape = series(12, (_, random) => random.normal(), 3);
    const y = series(120, (t, random) => 12 * wave(t, 90) + 0.05 * t + shape[t % 12] + 0.2 * random.normal());
    expect(findSeasons(y).first).toBe(12);
  });

  it('takes a year as a whole number of weeks', () => {
    const y = series(1100, (t, random) => wave(t, 7) + wave(t, 365.25) + 0.2 * random.normal());
    expect(findSeasons(y, { known: [7, 365] })).toMatchObject({ first: 7, second: 364 });
    expect(findSeasons(y, { likely: [7, 365] })).toMatchObject({ first: 7, second: 364 });
    const noise = series(300, (_, random) => random.normal());
    expect(findSeasons(noise, { known: [5, 12] })).toMatchObject({ first: 5, second: 12 });
  });

  it('finds none in noise, in random walks and on lines, except one in twenty by chance', () => {
    let found = 0;
    for (let seed = 0; seed < 60; seed++) {
      let level = 0;
      found += Number(findSeasons(series(300, (_, random) => random.normal(), seed)).first > 1);
      found += Number(findSeasons(series(300, (_, random) => (level += random.normal()), seed)).first > 1);
    }
    expect(found).toBeLessThanOrEqual(6);
    expect(findSeasons(series(100, (t) => 3 * t)).first).toBe(1);
    expect(findSeasons(series(100, () => 5)).first).toBe(1);
  });

  it('uses the given season, and looks for a longer one', () => {
    const y = series(
      1500,
      (t, random) => wave(t, 24) + (Math.floor(t / 24) % 7 >= 5 ? -1.5 : 0) + 0.2 * random.normal(),
    );
    expect(findSeasons(y, [24])).toMatchObject({ first: 24, second: 168 });
    expect(findSeasons(y, [1])).toEqual({ first: 1, second: 0, depth: 0 });
    expect(findSeasons(y, [12, 48])).toMatchObject({ first: 12, second: 48 });
    expect(findSeasons(y.slice(0, 5), [4])).toMatchObject({ first: 4, second: 0 });
  });

  it('uses the likely seasons that the values show', () => {
    const daily = series(800, (t, random) => 0.6 * wave(t, 7) + random.normal());
    expect(findSeasons(daily, { likely: [7, 365] })).toMatchObject({ first: 7 });
    expect(findSeasons(daily, { likely: [24, 168] })).toEqual(findSeasons(daily));
    expect(findSeasons(daily).first).not.toBe(24);
    expect(findSeasons(daily.slice(0, 12), { likely: [7] }).first).toBe(1);
  });

  it('uses a known season as the main one, unless another explains much more', () => {
    const week = (t: number) => wave(t, 24) + (Math.floor(t / 24) % 7 >= 5 ? -1.5 : 0);
    const strong = series(1500, (t, random) => week(t) + 0.2 * random.normal());
    expect(findSeasons(strong, { known: [24] })).toMatchObject({ first: 168, second: 24 });
    const faint = series(1500, (t, random) => wave(t, 24) + 0.2 * week(t) + 0.4 * random.normal());
    expect(findSeasons(faint, { known: [24] })).toMatchObject({ first: 24 });
    expect(findSeasons(strong, { likely: [24, 168] })).toMatchObject({ first: 168, second: 24 });
    expect(findSeasons(strong, { likely: [7, 365] }).first).not.toBe(7);
    expect(findSeasons(strong, [1])).toMatchObject({ first: 1, second: 0 });
  });
});
