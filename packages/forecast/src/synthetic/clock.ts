/**
 * The frequency of a series, and the seasons that the calendar gives it.
 *
 *   const clock = drawClock(random, 512);  // hourly, say: 24 steps a day
 *   const seasons = seasonsOf(clock);      // 24, 168, 8766
 */
import type { Random } from '@mamba-ts/core/random';
import { logBetween, pickWeighted } from './draw.ts';

/** Days of a year. */
export const YEAR = 365.2425;

/** A frequency. */
export interface Clock {
  readonly name: string;
  /** Observations in a day; below 1 where one observation spans several days. */
  readonly day: number;
  /** Days in a week: 5 for series of working days. */
  readonly week: number;
  readonly weight: number;
}

const clock = (name: string, day: number, weight: number, week = 7): Clock => ({ name, day, week, weight });

/** Weights follow usage: hours and days most, then weeks and months. */
const CLOCKS: readonly Clock[] = [
  clock('minute', 1440, 2),
  clock('5 minutes', 288, 4),
  clock('10 minutes', 144, 4),
  clock('15 minutes', 96, 7),
  clock('30 minutes', 48, 7),
  clock('hour', 24, 30),
  clock('3 hours', 8, 2),
  clock('6 hours', 4, 2),
  clock('day', 1, 14),
  clock('working day', 1, 4, 5),
  clock('week', 1 / 7, 9),
  clock('month', 12 / YEAR, 11),
  clock('quarter', 4 / YEAR, 4),
];

/** Short series are mostly of months and quarters. */
const SHORT = 300;
const SHORT_CLOCKS = CLOCKS.map((item) => (12 * item.day < 1 ? { ...item, weight: 4 * item.weight } : item));

/** A clock for a series of this length. */
export const drawClock = (random: Random, length: number): Clock =>
  pickWeighted(random, length < SHORT ? SHORT_CLOCKS : CLOCKS);

/** A clock with several observations a day. */
export const drawDayClock = (random: Random): Clock =>
  pickWeighted(
    random,
    CLOCKS.filter(({ day }) => day >= 4 && day <= 288),
  );

/** Days of a year on this clock. */
export const yearOf = ({ day, week }: Clock) => (week === 5 ? (day * YEAR * 5) / 7 : day * YEAR);

/** Periods in steps, short ones first: hour, day, week, month, quarter, year, as far as the clock resolves them. */
export function seasonsOf(clock: Clock): number[] {
  const { day, week } = clock;
  const year = yearOf(clock);
  const periods = day >= 288 ? [day / 24] : [];
  if (day >= 4) periods.push(day);
  if (day >= 1) periods.push(day * week);
  if (day === 1) periods.push(year / 12);
  if (day < 1 && year > 4.5) periods.push(year / 4);
  periods.push(year);
  return periods;
}

/** Seasons that a series of this length shows at least twice; sometimes a period that no calendar has. */
export function visibleSeasons(random: Random, length: number): number[] {
  if (random.uniform() < 0.12) return [logBetween(random, 3, Math.max(4, length / 3))];
  return seasonsOf(drawClock(random, length)).filter((period) => 2 * period <= length);
}
