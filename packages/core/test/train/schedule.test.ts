import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learningRateAt, progress } from '../../src/train/schedule.ts';
import '../../../../test/support/random.ts';

const base = {
  learningRate: 1,
  minLearningRate: 0.1,
  warmupIters: 4,
  decayFraction: 0.25,
  maxIters: 100,
  maxSeconds: 0,
};
const rates = (schedule: 'cosine' | 'wsd' | 'constant', more = {}) =>
  Array.from({ length: 101 }, (_, iter) => learningRateAt({ ...base, schedule, ...more }, iter, 0));

describe('the learning rate', () => {
  it('rises in equal steps, and is never 0', () => {
    rates('constant')
      .slice(0, 6)
      .forEach((rate, i) => {
        expect(rate).toBeCloseTo([0.2, 0.4, 0.6, 0.8, 1, 1][i], 12);
      });
    expect(rates('constant', { warmupIters: 0 })[0]).toBe(1);
  });

  it('falls along a cosine', () => {
    const cosine = rates('cosine', { warmupIters: 0 });
    expect(cosine[0]).toBe(1);
    expect(cosine[50]).toBeCloseTo(0.55, 12);
    expect(cosine[25]).toBeCloseTo(0.1 + 0.45 * (1 + Math.SQRT1_2), 12);
    expect(cosine[100]).toBeCloseTo(0.1, 12);
    expect(rates('cosine')[2]).toBeCloseTo(0.6 * cosine[2], 12);
  });

  it('is stable, then falls in a straight line', () => {
    const wsd = rates('wsd');
    expect(new Set(wsd.slice(4, 76))).toEqual(new Set([1]));
    expect(wsd[88]).toBeCloseTo(0.1 + (0.9 * 12) / 25, 12);
    expect(wsd[100]).toBeCloseTo(0.1, 12);
    expect(new Set(rates('wsd', { decayFraction: 0 }).slice(4, 100))).toEqual(new Set([1]));
  });

  it('stays', () => {
    expect(new Set(rates('constant').slice(4))).toEqual(new Set([1]));
  });

  it('is between the lowest and the highest rate after the warm-up, and never rises then', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('cosine' as const, 'wsd' as const, 'constant' as const),
        fc.integer({ min: 0, max: 30 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (schedule, warmupIters, decayFraction) => {
          const after = rates(schedule, { warmupIters, decayFraction }).slice(warmupIters);
          after.forEach((rate, i) => {
            expect(rate).toBeGreaterThanOrEqual(0.1 - 1e-12);
            expect(rate).toBeLessThanOrEqual(1 + 1e-12);
            if (i > 0) expect(rate).toBeLessThanOrEqual(after[i - 1] + 1e-12);
          });
        },
      ),
    );
  });
});

describe('progress', () => {
  it('goes by updates, or by the clock where that is further', () => {
    expect(progress({ maxIters: 100, maxSeconds: 0 }, 25, 1e9)).toBe(0.25);
    expect(progress({ maxIters: 100, maxSeconds: 10 }, 25, 1)).toBe(0.25);
    expect(progress({ maxIters: 100, maxSeconds: 10 }, 25, 5)).toBe(0.5);
    expect(progress({ maxIters: 100, maxSeconds: 10 }, 25, 50)).toBe(1);
    expect(progress({ maxIters: 100, maxSeconds: 0 }, 200, 0)).toBe(1);
  });

  it('by the clock makes the rate follow the clock', () => {
    const options = { ...base, schedule: 'cosine' as const, maxSeconds: 10 };
    expect(learningRateAt(options, 10, 5)).toBeCloseTo(0.55, 12);
    expect(learningRateAt(options, 10, 10)).toBeCloseTo(0.1, 12);
  });
});
