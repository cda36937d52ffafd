/**
 * What the calendar says of each step, as covariates: known as far ahead as one likes.
 *
 *   const known = calendarCovariates(times, { kinds: ['weekday', 'monthEnd'] });     // times: epoch ms, horizon included
 */

import { UsageError } from '@mamba-ts/core/errors';
import { DAY, HOUR } from '@mamba-ts/core/math';
import { daysIn } from '../timeTable/calendar.ts';
import type { CovariateValues } from './columns.ts';

export type CalendarKind = 'hour' | 'weekday' | 'weekend' | 'month' | 'monthStart' | 'monthEnd' | 'monthDays';

export interface CalendarOptions {
  /** Default: those that differ from step to step. */
  kinds?: readonly CalendarKind[];
  /** Where days begin at midnight, such as 'Europe/Berlin'. Default: 'UTC'. */
  timeZone?: string;
}

/** A step's time on the clock of a place. */
export interface CivilTime {
  year: number;
  /** 1 … 12 */
  month: number;
  /** 1 … 31 */
  day: number;
  hour: number;
  /** 0: Sunday */
  weekday: number;
}

const daysOfMonth = ({ year, month }: CivilTime): number => daysIn(year, month);

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Each kind's value at a time, and the longest step that has it. */
const KINDS: Record<CalendarKind, { of: (time: CivilTime) => string | number | boolean; longest: number }> = {
  hour: { of: ({ hour }) => `${hour} h`, longest: 12 * HOUR },
  weekday: { of: ({ weekday }) => WEEKDAYS[weekday], longest: DAY },
  weekend: { of: ({ weekday }) => weekday === 0 || weekday === 6, longest: DAY },
  month: { of: ({ month }) => MONTHS[month - 1], longest: 7 * DAY },
  monthStart: { of: ({ day }) => day === 1, longest: DAY },
  monthEnd: { of: (time) => time.day === daysOfMonth(time), longest: DAY },
  // Monthly sums are larger in longer months.
  monthDays: { of: daysOfMonth, longest: Infinity },
};
const NAMES = Object.keys(KINDS) as CalendarKind[];

/** `times` in epoch ms, one for each step of the series and of the horizon. */
export function calendarCovariates(
  times: ArrayLike<number>,
  { kinds, timeZone }: CalendarOptions = {},
): Record<string, CovariateValues> {
  const unknown = kinds?.find((kind) => !NAMES.includes(kind));
  if (unknown !== undefined) {
    throw new UsageError(
      'calendar',
      `unknown kind '${unknown}', expected ${NAMES.map((name) => `'${name}'`).join(', ')}.`,
    );
  }
  const civil = civilTimes(times, timeZone);
  const step = stepOf(times);
  const fit = NAMES.filter((name) => (name === 'monthDays' ? step >= 28 * DAY : step <= KINDS[name].longest));
  return Object.fromEntries(
    (kinds ?? fit)
      .map((kind) => [kind, civil.map(KINDS[kind].of)] as const)
      .filter(([, values]) => kinds || isMixed(values)),
  );
}

const isMixed = (values: readonly unknown[]): boolean => values.some((value) => value !== values[0]);

/** The middle one of the distances between times. */
export function stepOf(times: ArrayLike<number>): number {
  const steps = Array.from({ length: Math.max(0, times.length - 1) }, (_, i) => times[i + 1] - times[i]);
  return steps.sort((a, b) => a - b)[steps.length >> 1] ?? DAY;
}

/** Times on the clock of a place, checked. */
export function civilTimes(times: ArrayLike<number>, timeZone = 'UTC'): CivilTime[] {
  const format = formatOf(timeZone);
  return Array.from(times, (time, i) => {
    const date = new Date(typeof time === 'number' ? time : Number.NaN);
    if (Number.isNaN(date.getTime())) {
      throw new UsageError(
        'calendar',
        `times[${i}] is ${String(time)}, expected milliseconds since 1970, as Date.getTime() gives.`,
      );
    }
    // Offsets are whole minutes: the clock of the place, written as if it were UTC.
    const local = format ? new Date(Date.parse(`${clockOf(format, date)}Z`)) : date;
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      weekday: local.getUTCDay(),
    };
  });
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  if (timeZone === 'UTC') return undefined;
  const two = '2-digit';
  try {
    // Sweden writes 2024-03-31 02:30:00.
    return new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    });
  } catch {
    throw new UsageError('calendar', `timeZone is '${timeZone}', expected the name of one such as 'Europe/Berlin'.`);
  }
}

const clockOf = (format: Intl.DateTimeFormat, date: Date): string => format.format(date).replace(' ', 'T');
