/**
 * Ticks of a time axis, in UTC: whole years, months, Mondays, days, hours, minutes, seconds.
 *
 *   timeTicks(Date.UTC(2021, 0), Date.UTC(2022, 0), 4)   Jan, Apr, Jul, Oct of 2021, and Jan of 2022
 */
import { tickStep } from 'd3-array';
import {
  type CountableTimeInterval,
  type TimeInterval,
  utcDay,
  utcHour,
  utcMillisecond,
  utcMinute,
  utcMonday,
  utcMonth,
  utcSecond,
  utcYear,
} from 'd3-time';

/** A tick of a time axis. */
export interface TimeTick {
  value: number;
  text: string;
  /** What the text leaves out, such as 2021 for Apr; given at the first tick and where it changes. */
  context?: string;
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const MONTH = 30.44 * DAY;
const YEAR = 365.25 * DAY;
/** The largest time of a Date. */
const LAST = 8.64e15;

interface Step {
  /** Milliseconds, on average. */
  duration: number;
  interval: TimeInterval;
}

const every = (unit: CountableTimeInterval, duration: number, counts: readonly number[]): Step[] =>
  counts.map((count) => ({ duration: count * duration, interval: unit.every(count) as TimeInterval }));

const STEPS: readonly Step[] = [
  ...every(utcMillisecond, 1, [1, 2, 5, 10, 20, 50, 100, 200, 500]),
  ...every(utcSecond, SECOND, [1, 2, 5, 15, 30]),
  ...every(utcMinute, MINUTE, [1, 2, 5, 15, 30]),
  ...every(utcHour, HOUR, [1, 2, 3, 6, 12]),
  ...every(utcDay, DAY, [1, 2]),
  ...every(utcMonday, 7 * DAY, [1, 2]),
  ...every(utcMonth, MONTH, [1, 2, 3, 6]),
];

/** About `wanted` ticks from `from` to `to`, at most twice as many, and at least `spacing` milliseconds apart. */
export function timeTicks(from: number, to: number, wanted: number, spacing = 0): TimeTick[] {
  const [low, high] = [Math.max(from, -LAST), Math.min(to, LAST)];
  if (!(low <= high)) return [];
  const { duration, interval } = stepOf(Math.max(spacing, (0.8 * (high - low)) / Math.max(1, wanted)));
  let previous = '';
  return interval.range(new Date(low), new Date(high + 1)).map((date) => {
    const { text, context } = nameOf(date, duration);
    const changes = context !== previous;
    previous = context;
    return changes ? { value: Number(date), text, context } : { value: Number(date), text };
  });
}

/** The first round step that is no shorter than `least` milliseconds. */
function stepOf(least: number): Step {
  const step = STEPS.find(({ duration }) => duration >= least);
  if (step) return step;
  const years = Math.max(1, tickStep(0, (1.25 * least) / YEAR, 1));
  return { duration: years * YEAR, interval: utcYear.every(years) as TimeInterval };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** d3-time-format would write the year 12000 as 2000. */
function nameOf(date: Date, step: number): { text: string; context: string } {
  const year = String(date.getUTCFullYear()).replace('-', '−');
  const month = MONTHS[date.getUTCMonth()];
  const day = `${date.getUTCDate()} ${month}`;
  if (step >= YEAR) return { text: year, context: '' };
  if (step >= MONTH) return { text: month, context: year };
  if (step >= DAY) return { text: day, context: year };
  const length = step >= MINUTE ? 5 : step >= SECOND ? 8 : 12;
  const [, clock] = date.toISOString().split('T');
  return { text: clock.slice(0, length), context: `${day} ${year}` };
}
