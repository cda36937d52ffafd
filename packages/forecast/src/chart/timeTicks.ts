/**
 * Ticks on a time axis where people expect them: whole years, months, Mondays, days, hours, minutes. All in UTC.
 *
 *   calendar(Date.UTC(2021, 0), Date.UTC(2022, 0), 4)   Jan, Apr, Jul, Oct of 2021, and Jan of 2022
 */
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '@mamba-ts/core/math';

export interface TimeTick {
  value: number;
  text: string;
  /** What the text leaves out: 2021 for Apr. At the first tick, and where it changes. */
  context?: string;
}

const MONTH = 30.44 * DAY;
const YEAR = 365.25 * DAY;
/** 1970 began on a Thursday. */
const MONDAY = 4 * DAY;
/** What a Date can hold. */
const LAST = 8.64e15;

const EVEN = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[DAY, 2 * DAY, WEEK, 2 * WEEK],
];
const MONTHS = [1, 2, 3, 6];
const NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** About `wanted` of them, at most twice as many, between the two times and `spacing` apart at least. */
export function calendar(from: number, to: number, wanted: number, spacing = 0): TimeTick[] {
  const [low, high] = [Math.max(from, -LAST), Math.min(to, LAST)];
  if (!(low <= high)) return [];
  const rough = Math.max(spacing, (0.67 * (high - low)) / Math.max(1, wanted));
  const even = EVEN.find((step) => step >= rough);
  const months = MONTHS.find((count) => count * MONTH >= rough);
  if (even !== undefined) return named(evenly(low, high, even), even);
  if (months !== undefined) return named(monthly(low, high, months), MONTH);
  return named(monthly(low, high, 12 * roundYears(rough / YEAR)), YEAR);
}

/** 1, 2 or 5 times a power of ten. */
function roundYears(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= 0.8 * rough) as number) * power;
}

function evenly(low: number, high: number, step: number): number[] {
  const origin = step % WEEK === 0 ? MONDAY : 0;
  const values = [];
  for (let k = Math.ceil((low - origin) / step); origin + k * step <= high; k++) values.push(origin + k * step);
  return values;
}

function monthly(low: number, high: number, step: number): number[] {
  const first = new Date(low);
  const since = 12 * first.getUTCFullYear() + first.getUTCMonth();
  const values = [];
  for (let month = step * Math.floor(since / step); ; month += step) {
    const value = startOf(month);
    if (!(value <= high)) return values;
    if (value >= low) values.push(value);
  }
}

/** The first moment of a month, counted from the year 0. */
function startOf(month: number): number {
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for those of the twentieth century.
  return date.setUTCFullYear(Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
}

function named(values: readonly number[], step: number): TimeTick[] {
  let before: string | undefined;
  return values.map((value) => {
    const { text, context } = nameOf(value, step);
    const changed = context !== '' && context !== before;
    before = context;
    return changed ? { value, text, context } : { value, text };
  });
}

function nameOf(value: number, step: number): { text: string; context: string } {
  const date = new Date(value);
  const year = String(date.getUTCFullYear()).replace('-', '−');
  const month = NAMES[date.getUTCMonth()];
  const day = `${date.getUTCDate()} ${month}`;
  const clock = date.toISOString().split('T')[1];
  if (step >= YEAR) return { text: year, context: '' };
  if (step >= MONTH) return { text: month, context: year };
  if (step >= DAY) return { text: day, context: year };
  const length = step >= MINUTE ? 5 : step >= SECOND ? 8 : 12;
  return { text: clock.slice(0, length), context: `${day} ${year}` };
}
