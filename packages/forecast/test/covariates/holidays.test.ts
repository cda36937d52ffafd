import { describe, expect, it } from 'vitest';
import { Smoothing } from '../../../../test/support/smoothing.ts';
import { quantileError, wave } from '../../../../test/support/worlds.ts';
import { DAY } from '../../../core/src/math/time.ts';
import { Random } from '../../../core/src/random.ts';
import { calendarCovariates } from '../../src/covariates/calendarFeatures.ts';
import { holidayCovariates } from '../../src/covariates/holidays.ts';
import { Forecaster } from '../../src/forecaster.ts';
import { GRID } from '../../src/quantiles.ts';

const from = (date: string, count: number, step = DAY) =>
  Array.from({ length: count }, (_, i) => Date.parse(`${date}Z`) + i * step);

describe('calendarCovariates', () => {
  it('says what differs from day to day', () => {
    const found = calendarCovariates(from('2024-02-28', 3));
    expect(found).toEqual({
      weekday: ['wednesday', 'thursday', 'friday'],
      month: ['feb', 'feb', 'mar'],
      monthStart: [false, false, true],
      monthEnd: [false, true, false],
    });
    expect(calendarCovariates(from('2024-03-02', 1), { kinds: ['weekend'] })).toEqual({ weekend: [true] });
  });

  it('reads the clock of a place, over the change to summer time', () => {
    const times = from('2024-03-31T00:00', 3, DAY / 24);
    expect(calendarCovariates(times, { kinds: ['hour'], timeZone: 'Europe/Berlin' }).hour).toEqual([
      '1 h',
      '3 h',
      '4 h',
    ]);
    expect(calendarCovariates(times).hour).toEqual(['0 h', '1 h', '2 h']);
  });

  it('counts the days of months', () => {
    const months = [0, 1, 2].map((month) => Date.UTC(2023, month, 1));
    expect(calendarCovariates(months)).toEqual({ monthDays: [31, 28, 31] });
  });

  it('refuses what is no time, no kind, no place', () => {
    expect(() => calendarCovariates([0, Number.NaN])).toThrow('calendar: times[1] is NaN, expected milliseconds');
    expect(() => calendarCovariates([0], { timeZone: 'Berlin' })).toThrow(
      "timeZone is 'Berlin', expected the name of one",
    );
    expect(() => calendarCovariates([0], { kinds: ['week' as 'month'] })).toThrow(
      "calendar: kinds[0] is \"week\", expected 'hour' or 'weekday'",
    );
  });
});

describe('holidayCovariates', () => {
  it('knows the days, the one before and the one after', async () => {
    const found = await holidayCovariates(from('2024-12-24', 4), { country: 'DE' });
    expect(Object.fromEntries(Object.entries(found).map(([name, column]) => [name, [...column]]))).toEqual({
      holiday: [0, 1, 1, 0],
      'holiday -1': [1, 1, 0, 0],
      'holiday +1': [0, 0, 1, 1],
    });
  });

  it('knows regions, moving feasts, and each by name', async () => {
    const times = from('2024-03-28', 6);
    const easter = await holidayCovariates(times, { country: 'de', region: 'by', before: 0, after: 0, each: true });
    expect([...easter.holiday]).toEqual([0, 1, 0, 0, 1, 0]);
    expect([...easter['holiday Good Friday']]).toEqual([0, 1, 0, 0, 0, 0]);
    const epiphany = async (region?: string) =>
      (await holidayCovariates(from('2024-01-06', 1), { country: 'DE', region })).holiday[0];
    expect(await epiphany('BY')).toBe(1);
    expect(await epiphany('BE')).toBe(0);
  });

  it('marks all hours of a day in a place, and counts within weeks', async () => {
    const hours = await holidayCovariates(from('2024-07-03T22:00', 6, DAY / 4), {
      country: 'US',
      timeZone: 'America/New_York',
    });
    // In New York: the 3rd at 18:00, then the 4th at 0, 6, 12 and 18:00, then the 5th.
    expect([...hours.holiday]).toEqual([0, 1, 1, 1, 1, 0]);
    const weeks = await holidayCovariates(from('2024-12-16', 3, 7 * DAY), { country: 'US' });
    expect([...weeks.holiday]).toEqual([0, 1, 1]);
    expect(Object.keys(weeks)).toEqual(['holiday']);
  });

  it.each([
    [{ country: 'Germany' }, "holidays: country is 'Germany', expected one of AD,"],
    [{ country: 'Germany' }, "Did you mean 'DE'?"],
    [{ country: 'DE', region: 'XX' }, "holidays: region is 'XX', expected one of BB, BE,"],
    [{ country: 'DE', before: -1 }, 'holidays: before is -1, expected a whole number from 0 to 30.'],
    [{ country: 'DE', types: ['fun' as 'public'] }, "holidays: types[0] is \"fun\", expected 'public' or 'bank'"],
  ])('refuses %o', async (options, message) => {
    await expect(holidayCovariates(from('2024-01-01', 2), options)).rejects.toThrow(message);
  });

  it('make the forecast of a shop that is closed then better', async () => {
    const H = 20;
    const times = from('2022-01-01', 3 * 365);
    const random = new Random(1);
    const known = await holidayCovariates(times, { country: 'DE', each: true });
    const sales = times.map((_, t) => {
      const open = (200 + 60 * wave(t, 7)) * Math.exp(0.05 * random.normal());
      return open * (known.holiday[t] ? 0.3 : 1) * (known['holiday -1'][t] ? 1.4 : 1);
    });
    const [past, actual] = [sales.slice(0, -H), sales.slice(-H)];
    const forecaster = new Smoothing();
    const [alone] = await forecaster.forecastAll([past], { horizon: H, quantiles: GRID });
    const joint = await new Forecaster(forecaster).forecast(past, { known, horizon: H, quantiles: GRID });
    expect(joint.covariates.used).toEqual(['holiday', 'holiday -1']);
    expect(quantileError(joint, actual)).toBeLessThan(0.5 * quantileError(alone, actual));
  });
});
