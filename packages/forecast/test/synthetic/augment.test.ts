import { describe, expect, it } from 'vitest';
import { meanOf, moment, shareOf } from '../../../../test/support/seriesStatistics.ts';
import { Random } from '../../../core/src/random.ts';
import {
  addNoise,
  amplitudeModulation,
  augmented,
  backwards,
  bend,
  censor,
  coarse,
  differences,
  levelShift,
  periodicSpikes,
  smooth,
  sums,
  timeWarp,
  upsideDown,
} from '../../src/synthetic/augment.ts';
import { launched, missing, outliers, placed, rounded, stuck } from '../../src/synthetic/observe.ts';
import type { Draft } from '../../src/synthetic/vector.ts';

const LENGTH = 480;
const wave = (support?: Draft['support']): Draft => ({
  values: Float64Array.from({ length: LENGTH }, (_, i) => {
    const value = 10 + 5 * Math.sin((2 * Math.PI * i) / 24) + 0.5 * Math.sin(7.3 * i);
    return support === 'counts' ? Math.round(value) : value;
  }),
  season: 24,
  support,
});

/** One result for each of many seeds. */
const results = <T>(change: (random: Random) => T) => Array.from({ length: 40 }, (_, seed) => change(new Random(seed)));

const changes = {
  timeWarp,
  amplitudeModulation,
  censor,
  smooth,
  differences,
  sums,
  upsideDown,
  backwards,
  bend,
  levelShift,
  addNoise,
  periodicSpikes,
  coarse,
};

describe.each(Object.entries(changes))('%s', (_, change) => {
  it('leaves its input unchanged, and keeps values finite and the length', () => {
    for (const support of [undefined, 'nonnegative', 'counts'] as const) {
      const before = wave(support);
      for (const { values } of results((random) => change(random, before))) {
        expect(values).toHaveLength(LENGTH);
        expect(values.every(Number.isFinite)).toBe(true);
      }
      expect(before).toEqual(wave(support));
    }
  });

  it('keeps counts whole and non-negative values non-negative', () => {
    for (const { values, support } of results((random) => change(random, wave('counts')))) {
      expect(support).toBe('counts');
      expect(values.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    }
    for (const { values, support } of results((random) => change(random, wave('nonnegative')))) {
      if (support === 'nonnegative') expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    }
  });

  it('takes any length', () => {
    for (const length of [1, 2, 3, 10]) {
      const short = { values: Float64Array.from({ length }, (_, i) => i) };
      for (const { values } of results((random) => change(random, short))) {
        expect(values).toHaveLength(length);
        expect(values.every(Number.isFinite)).toBe(true);
      }
    }
  });
});

describe('augmentations', () => {
  it('timeWarp keeps the range and the ends, and drops the season', () => {
    for (const { values, season } of results((random) => timeWarp(random, wave()))) {
      expect(season).toBeUndefined();
      expect(Math.max(...values)).toBeLessThanOrEqual(Math.max(...wave().values));
      expect(values[LENGTH - 1]).toBeCloseTo(wave().values[LENGTH - 1], 6);
    }
  });

  it('censor cuts a visible part to one value', () => {
    for (const { values } of results((random) => censor(random, wave()))) {
      const [low, high] = [Math.min(...values), Math.max(...values)];
      expect(shareOf(values, (value) => value === low || value === high)).toBeGreaterThan(0.04);
    }
  });

  it('differences undo sums', () => {
    const { values } = differences(new Random(1), sums(new Random(7), wave()));
    const spread = Math.sqrt(moment(wave().values, 2));
    const drift = values[5] - (wave().values[5] - meanOf(wave().values)) / spread;
    for (let i = 1; i < LENGTH; i++) {
      expect(values[i] - drift).toBeCloseTo((wave().values[i] - meanOf(wave().values)) / spread, 9);
    }
  });

  it('smooth removes high frequencies', () => {
    const rough = (x: ArrayLike<number>) =>
      moment(
        Float64Array.from(x)
          .subarray(1)
          .map((v, i) => v - x[i]),
        2,
      );
    for (const { values } of results((random) => smooth(random, wave()))) {
      expect(rough(values)).toBeLessThan(rough(wave().values));
    }
  });

  it('upsideDown and backwards are their own inverse', () => {
    const random = new Random(1);
    expect(upsideDown(random, upsideDown(random, wave()))).toEqual(wave());
    expect(backwards(random, backwards(random, wave()))).toEqual(wave());
  });

  it('levelShift moves the later part and keeps the season', () => {
    const moved = results((random) => levelShift(random, wave())).map(({ values }) =>
      Math.abs(meanOf(values.slice(-24)) - meanOf(values.slice(0, 24))),
    );
    expect(shareOf(moved, (shift) => shift > 1)).toBeGreaterThan(0.6);
  });

  it('periodicSpikes recur at the period that is stored', () => {
    const flat: Draft = { values: Float64Array.from({ length: LENGTH }, (_, i) => Math.sin(i * i)) };
    for (const { values, season } of results((random) => periodicSpikes(random, flat))) {
      expect(season).toBeGreaterThanOrEqual(4);
      expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(1.2);
    }
  });

  it('coarse has fewer different values', () => {
    for (const { values } of results((random) => coarse(random, wave()))) {
      expect(new Set(values.filter((value) => wave().values.includes(value))).size).toBeLessThan(LENGTH * 0.55);
    }
  });

  it('augmented changes some drafts, and keeps most unchanged', () => {
    const same = results((random) => augmented(random, wave()).values).map(
      (values) => values[100] === wave().values[100],
    );
    expect(shareOf(same, (it) => it)).toBeGreaterThan(0.3);
    expect(shareOf(same, (it) => it)).toBeLessThan(0.8);
  });
});

describe('measurement', () => {
  it('placed keeps counts whole, scales non-negative values, and uses scales of many powers of ten', () => {
    for (const values of results((random) => placed(random, wave('counts')))) {
      expect(values.every(Number.isInteger)).toBe(true);
    }
    const scales = results((random) => placed(random, wave('nonnegative'))).map((values) => {
      expect(values[7] / values[0]).toBeCloseTo(wave().values[7] / wave().values[0], 9);
      return Math.log10(values[0]);
    });
    expect(Math.max(...scales) - Math.min(...scales)).toBeGreaterThan(6);
    const levels = results((random) => placed(random, wave()));
    expect(shareOf(levels, (values) => Math.min(...values) > 0)).toBeGreaterThan(0.4);
  });

  it('outliers are few and far from the other values', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { values } = wave();
      outliers(new Random(seed), values, undefined);
      const changed = shareOf(values, (value, i) => value !== wave().values[i]);
      expect(changed).toBeGreaterThan(0);
      expect(changed).toBeLessThan(0.07);
    }
  });

  it('outliers of counts stay whole', () => {
    const { values } = wave('counts');
    outliers(new Random(1), values, 'counts');
    expect(values.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
  });

  it('stuck repeats a value', () => {
    const { values } = wave();
    stuck(new Random(2), values);
    expect(shareOf(values, (value, i) => value === values[i - 1])).toBeGreaterThan(0.005);
  });

  it('launched starts with zeros', () => {
    const { values } = wave();
    launched(new Random(2), values);
    const zeros = values.findIndex((value) => value !== 0);
    expect(zeros).toBeGreaterThan(0.04 * LENGTH);
    expect(values[LENGTH - 1]).toBe(wave().values[LENGTH - 1]);
  });

  it('rounded leaves multiples of a power of ten', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { values } = wave();
      rounded(new Random(seed), values);
      const steps = [1e-3, 1e-2, 0.1, 1, 10].filter((step) =>
        values.every((value) => Math.abs(value / step - Math.round(value / step)) < 1e-6),
      );
      expect(steps.length).toBeGreaterThan(0);
      expect(new Set(values).size).toBeLessThan(LENGTH);
    }
  });

  it('missing keeps more than half of the values', () => {
    const shares = results((random) => {
      const { values } = wave();
      missing(random, values, 24);
      return shareOf(values, Number.isNaN);
    });
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(Math.max(...shares)).toBeLessThan(0.5);
  });
});
