import { describe, expect, it } from 'vitest';
import { croston, sba, tsb } from '../../../test/support/croston.ts';
import { fc } from '../../../test/support/random.ts';
import { Smoothing } from '../../../test/support/smoothing.ts';
import { quantileError } from '../../../test/support/worlds.ts';
import { Random } from '../../core/src/random.ts';
import { Forecaster } from '../src/forecaster.ts';
import { demandOf, isIntermittent } from '../src/intermittent.ts';
import { GRID } from '../src/quantiles.ts';
import { supportOf, within } from '../src/support.ts';

const forecaster = new Smoothing();
const front = new Forecaster(forecaster);

describe('within', () => {
  it('keeps the order of quantiles, inside the bounds, whole where asked', () => {
    const row = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(row, fc.boolean(), (values, integer) => {
        const table = { levels: GRID, steps: [values.sort((a, b) => a - b)] };
        const [found] = within(table, { lower: -10, upper: 100, integer }).steps;
        expect(Array.from(found)).toEqual(Array.from(found).sort((a, b) => a - b));
        expect(found[0]).toBeGreaterThanOrEqual(-10);
        expect(found[14]).toBeLessThanOrEqual(100);
        if (integer) expect(Array.from(found).every(Number.isInteger)).toBe(true);
      }),
    );
  });

  it('takes from the values that none is below 0, unless it is said', () => {
    expect(supportOf([3, Number.NaN, 0], { integer: false })).toEqual({ integer: false, lower: 0 });
    expect(supportOf([3, -1], { integer: true })).toEqual({ integer: true });
    expect(supportOf([3, 1], { integer: false, nonNegative: false })).toEqual({ integer: false });
    expect(supportOf([3, -1], { integer: false, nonNegative: true })).toEqual({ integer: false, lower: 0 });
  });
});

describe('a forecast within bounds', () => {
  const percent = Array.from({ length: 60 }, (_, t) => Math.min(100, 95 + 5 * new Random(t).normal()));

  it('stays within, with the mean between the extremes', async () => {
    const { quantiles, mean, intervals } = await front.forecast(percent, {
      horizon: 5,
      lower: 0,
      upper: 100,
      levels: [95],
      quantiles: GRID,
    });
    expect(quantiles['0.99']).toEqual([100, 100, 100, 100, 100]);
    expect(intervals?.['95'].high[0]).toBe(100);
    mean.forEach((value, t) => {
      expect(value).toBeGreaterThan(quantiles['0.01'][t]);
      expect(value).toBeLessThan(97);
    });
  });

  it.each([
    [{ lower: 100, upper: 0 }, 'forecast: lower is 100 and upper is 0, expected lower below upper.'],
    [{ upper: 50 }, /^forecast: values\[\d+\] is [\d.]+, expected it within upper = 50. Fix the value/],
    [{ lower: 'a' as unknown as number }, 'forecast: lower is "a", expected a number. Leave it out'],
    [{ upper: 100.5, integer: true }, 'forecast: upper is 100.5, expected a whole number, because integer is true.'],
  ])('refuses %o', async (bounds, message) => {
    await expect(front.forecast(percent, { horizon: 2, ...bounds })).rejects.toThrow(message);
  });
});

/** Demand in a share of steps, of sizes 1 + a geometric number. */
function demand(random: Random, n: number, chance: number, more: number): number[] {
  return Array.from({ length: n }, () => {
    if (random.uniform() >= chance) return 0;
    let size = 1;
    while (random.uniform() < more) size++;
    return size;
  });
}

describe('intermittent demand', () => {
  it('is known by its zeros', () => {
    expect(isIntermittent([0, 0, 3, 0, 1, 0])).toBe(true);
    expect(isIntermittent([5, 0, 3, 4, 1, 6])).toBe(false);
    expect(isIntermittent([0, 0, -3, 0, 1, 0])).toBe(false);
    expect(isIntermittent([0, 0, 0])).toBe(false);
    expect(isIntermittent([0, Number.NaN, 2, 0])).toBe(true);
  });

  it('has an atom at zero as large as it is, and the right mean', () => {
    const [truth, n] = [0.3 * 2, 4000];
    const { chance, size, quantiles } = demandOf(demand(new Random(1), n, 0.3, 0.5));
    expect(chance).toBeGreaterThan(0.22);
    expect(chance).toBeLessThan(0.38);
    expect(Math.abs(chance * size - truth)).toBeLessThan(0.2);
    expect(quantiles[GRID.indexOf(0.5)]).toBe(0);
    expect(quantiles[GRID.indexOf(0.9)]).toBeGreaterThanOrEqual(1);
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
  });

  it('fades while nothing sells', () => {
    const values = [...demand(new Random(2), 200, 0.4, 0.3), ...new Array<number>(80).fill(0)];
    expect(demandOf(values).chance).toBeLessThan(0.05);
  });

  it('is forecast with less error than by the forecaster alone, with a mean as near as the classical ones', async () => {
    const errors: Record<string, number> = { joint: 0, alone: 0, own: 0, croston: 0, sba: 0, tsb: 0 };
    const H = 12;
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed).fork('demand');
      const chance = 0.1 + 0.4 * random.uniform();
      const more = 0.6 * random.uniform();
      const y = demand(random, 150 + H, chance, more);
      const [past, actual] = [y.slice(0, 150), y.slice(150)];
      const [plain] = await forecaster.forecastAll([past], { horizon: H, quantiles: GRID, nonNegative: true });
      const joint = await front.forecast(past, { horizon: H, quantiles: GRID, integer: true, intermittent: true });
      errors.joint += quantileError(joint, actual);
      errors.alone += quantileError(plain, actual);
      const truth = chance / (1 - more);
      errors.own += Math.abs(joint.mean[0] - truth) / truth;
      errors.croston += Math.abs(croston(past) - truth) / truth;
      errors.sba += Math.abs(sba(past) - truth) / truth;
      errors.tsb += Math.abs(tsb(past) - truth) / truth;
    }
    expect(errors.joint).toBeLessThan(0.9 * errors.alone);
    expect(errors.own).toBeLessThan(1.05 * Math.min(errors.croston, errors.sba, errors.tsb));
  });

  it("whose zeros come by the clock is the forecaster's", async () => {
    const random = new Random(3);
    const y = Array.from({ length: 24 * 14 }, (_, t) => (t % 24 < 10 ? 0 : 20 + (t % 24) + random.normal()));
    const found = await front.forecast(y, { horizon: 24, season: 24, intermittent: true });
    expect(isIntermittent(y)).toBe(true);
    expect(found.demand).toBe(0);
    expect(found.median[5]).toBeLessThan(3);
    expect(found.median[20]).toBeGreaterThan(35);
  });

  it('leaves other series to the forecaster, and takes short ones', async () => {
    const y = [5, 6, 7, 6, 5, 6, 7, 8];
    const found = await front.forecast(y, { horizon: 2, intermittent: true });
    expect(found).toEqual({ ...(await forecaster.forecastAll([y], { horizon: 2 }))[0], demand: 0 });
    const { mean, demand: share } = await front.forecast([0, 0, 4], { horizon: 2, intermittent: true });
    expect(share).toBe(0.5);
    expect(mean[0]).toBeGreaterThan(0);
  });
});
