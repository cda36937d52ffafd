/**
 * The frequency of a series, its seasons, and its name.
 *
 *   15 min: a day is 96 steps, a week 672        month: a year is 12        business day: a week is 5
 */
import { UsageError } from '@mamba-ts/core/errors';
import { DAY, HOUR, MINUTE, SECOND } from '@mamba-ts/core/math';
import { closest } from 'fastest-levenshtein';

/** `step`: rows are counted or numbered, without a calendar. A quarter is 3 months, a year 12. */
export type Unit = 'millisecond' | 'second' | 'minute' | 'hour' | 'day' | 'businessDay' | 'week' | 'month' | 'step';

/** The step from one row to the next. */
export interface Frequency {
  readonly unit: Unit;
  /** The number of units of a step. */
  readonly every: number;
  /** Where steps begin: of weeks the day, 0 is Monday; of quarters and years the month, 0 is January. Default: 0. */
  readonly begins?: number;
}

/** Milliseconds of the units of a fixed length. */
const LENGTH: Partial<Record<Unit, number>> = {
  millisecond: 1,
  second: SECOND,
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
};

/** Milliseconds of a step; undefined where steps differ in length. */
export function stepLength({ unit, every }: Frequency): number | undefined {
  const length = LENGTH[unit];
  return length === undefined ? undefined : length * every;
}

export const isSubDaily = (frequency: Frequency): boolean =>
  frequency.unit !== 'step' && (stepLength(frequency) ?? DAY) < DAY;

/** The frequency of steps of `ms`, in the longest unit that divides them. */
export function frequencyOfLength(ms: number): Frequency {
  const units = ['week', 'day', 'hour', 'minute', 'second'] as const;
  const unit = units.find((name) => ms % (LENGTH[name] as number) === 0) ?? 'millisecond';
  return { unit, every: ms / (LENGTH[unit] as number) };
}

export const sameFrequency = (a: Frequency, b: Frequency): boolean => a.unit === b.unit && a.every === b.every;

/**
 * The seasons that the calendar gives a frequency, in steps, shortest first; none where it gives none. Days have the
 * season of a year only where the series has two years.
 *
 * @param length the number of steps of the series. Default: 0.
 * @example
 * seasonsOf({ unit: 'hour', every: 1 });    // [24, 168]
 */
export function seasonsOf(frequency: Frequency, length = 0): number[] {
  const { unit, every } = frequency;
  if (unit === 'month') return wholes([12 / every]);
  if (unit === 'week') return wholes([52 / every]);
  const ms = stepLength(frequency) ?? DAY;
  const week = unit === 'businessDay' ? 5 / every : (7 * DAY) / ms;
  if (unit === 'step') return [];
  if (ms >= DAY) {
    const year = unit === 'businessDay' ? 261 : 365;
    return [...wholes([week]), ...(every === 1 && length >= 2 * year ? [year] : [])];
  }
  if (ms >= 5 * MINUTE) return wholes([DAY / ms, week]);
  // A week of minutes, or a day of seconds, is longer than the past that a model reads.
  return ms >= MINUTE ? wholes([HOUR / ms, DAY / ms]) : wholes([MINUTE / ms, HOUR / ms]);
}

const wholes = (seasons: readonly number[]): number[] =>
  seasons.filter((steps) => steps > 1 && Number.isInteger(steps));

/**
 * The default horizon in steps: that of the M4 competition.
 *
 * @example
 * defaultHorizon({ unit: 'day', every: 1 });    // 14
 */
export function defaultHorizon({ unit, every }: Frequency): number {
  if (unit === 'month') return every >= 12 ? 6 : every >= 3 ? 8 : 18;
  if (unit === 'week') return 13;
  if (unit === 'day' || unit === 'businessDay') return 14;
  return unit === 'step' ? 24 : 48;
}

const SINGULAR: Partial<Record<Unit, string>> = {
  hour: 'hourly',
  day: 'daily',
  businessDay: 'business days',
  week: 'weekly',
  month: 'monthly',
  step: 'no calendar',
};
const SHORT: Record<Unit, string> = {
  millisecond: 'milliseconds',
  second: 'seconds',
  minute: 'min',
  hour: 'h',
  day: 'days',
  businessDay: 'business days',
  week: 'weeks',
  month: 'months',
  step: 'rows',
};

/**
 * A frequency in words.
 *
 * @example
 * frequencyName({ unit: 'minute', every: 15 });    // 'every 15 min'
 */
export function frequencyName({ unit, every }: Frequency): string {
  if (unit === 'month' && every % 12 === 0) return every === 12 ? 'yearly' : `every ${every / 12} years`;
  if (unit === 'month' && every === 3) return 'quarterly';
  const name = every === 1 ? SINGULAR[unit] : undefined;
  if (name !== undefined) return name;
  if (unit === 'step') return `numbered in steps of ${every}`;
  return `every ${every === 1 ? SHORT[unit].replace(/s$/, '') : `${every} ${SHORT[unit]}`}`;
}

/** A span of time: '15 min', '1 day', '2 weeks'. */
export function spanName(ms: number): string {
  const { unit, every } = frequencyOfLength(ms);
  return `${every} ${every === 1 ? SHORT[unit].replace(/s$/, '') : SHORT[unit]}`;
}

/** Names in lower case, those of pandas among them; a number may precede them: 15min, 2W. */
const NAMES: Readonly<Record<string, Frequency>> = Object.fromEntries(
  (
    [
      ['millisecond', 1, 'ms', 'millisecond', 'milliseconds', 'l'],
      ['second', 1, 's', 'sec', 'second', 'seconds', 'secondly'],
      ['minute', 1, 'min', 't', 'minute', 'minutes', 'minutely'],
      ['hour', 1, 'h', 'hour', 'hours', 'hourly'],
      ['day', 1, 'd', 'day', 'days', 'daily'],
      ['businessDay', 1, 'b', 'business', 'businessday', 'businessdays', 'weekdays'],
      ['week', 1, 'w', 'week', 'weeks', 'weekly'],
      ['month', 1, 'm', 'me', 'month', 'months', 'monthly'],
      ['month', 3, 'q', 'qs', 'qe', 'quarter', 'quarters', 'quarterly'],
      ['month', 12, 'y', 'ys', 'ye', 'a', 'as', 'year', 'years', 'yearly', 'annual'],
      ['step', 1, 'step', 'steps', 'row', 'rows', 'none'],
    ] as [Unit, number, ...string[]][]
  ).flatMap(([unit, every, ...names]) => names.map((name) => [name, { unit, every }])),
);

/** Characters of a name. */
const LONGEST = 40;

/**
 * A frequency by its name: '15min', 'H', 'daily', 'MS', 'every 2 weeks'.
 *
 * @throws UsageError for an unknown name
 * @example
 * parseFrequency('2W');    // { unit: 'week', every: 2 }
 */
export function parseFrequency(text: string): Frequency {
  const [, times = '1', name = '', anchor] =
    /^\s*(?:every\s+)?(\d*)\s*([a-z]+(?:[ -]days?)?)(?:-([a-z]{3}))?\s*$/i.exec(
      text.length > LONGEST ? '' : text.trim(),
    ) ?? [];
  // In pandas, MS is the start of a month, and ms a millisecond.
  const key = name === 'MS' ? 'm' : name.toLowerCase().replaceAll(/[ -]/g, '');
  const found = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
  const every = times === '' ? 1 : Number(times);
  if (found && every > 0) return anchored({ unit: found.unit, every: found.every * every }, name, anchor);
  const known = ['hourly', 'daily', 'business', 'weekly', 'monthly', 'quarterly', 'yearly', 'none'];
  throw new UsageError(
    'data',
    `frequency is ${JSON.stringify(text.slice(0, LONGEST))}, expected ${known.join(', ')} or a number and a unit such as 15min, ` +
      `10s, 2h, 4w. Did you mean '${closest(name === '' ? text.slice(0, LONGEST) : name.toLowerCase(), known)}'?`,
  );
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * A frequency with the anchor of pandas: W-THU are weeks that end on a Thursday, YE-JUN years that end with June, and
 * QS-FEB quarters that begin with February.
 */
function anchored(frequency: Frequency, name: string, anchor: string | undefined): Frequency {
  if (anchor === undefined) return frequency;
  const { unit, every } = frequency;
  const word = anchor.toLowerCase();
  if (unit === 'week' && DAYS.includes(word)) return { ...frequency, begins: (DAYS.indexOf(word) + 1) % 7 };
  if (unit === 'month' && every % 3 === 0 && MONTHS.includes(word)) {
    const isBegin = /s$/i.test(name) && !/^years$|^quarters$/i.test(name);
    const begins = (MONTHS.indexOf(word) + (isBegin ? 0 : 1)) % 12;
    return { ...frequency, begins: every % 12 === 0 ? begins : begins % 3 };
  }
  throw new UsageError(
    'data',
    `frequency has the anchor '${anchor}', expected a day of weeks, such as W-THU, or a month of quarters or years, such as YE-JUN.`,
  );
}
