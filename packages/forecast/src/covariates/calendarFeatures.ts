/**
 * Features of the calendar as covariates, which are known for any time ahead.
 *
 *   const known = calendarCovariates(times, { kinds: ['weekday', 'monthEnd'] });     // times: epoch ms, horizon included
 */

import { UsageError } from '@mamba-ts/core/errors';
import { DAY, HOUR } from '@mamba-ts/core/math';
import { complete, type Field, faultOf, field, type InputsOf } from '@mamba-ts/core/schema';
import { daysIn } from '../timeTable/wallClock.ts';
import type { CovariateValues } from './columns.ts';

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

interface Kind {
  /** Its value at a time. */
  of(time: CivilTime): string | number | boolean;
  /** The longest step that has it. */
  longest: number;
}

const NAMES = ['hour', 'weekday', 'weekend', 'month', 'monthStart', 'monthEnd', 'monthDays'] as const;
/** A feature of the calendar. */
export type CalendarKind = (typeof NAMES)[number];

const KINDS: Readonly<Record<CalendarKind, Kind>> = {
  hour: { of: ({ hour }) => `${hour} h`, longest: 12 * HOUR },
  weekday: { of: ({ weekday }) => WEEKDAYS[weekday], longest: DAY },
  weekend: { of: ({ weekday }) => weekday === 0 || weekday === 6, longest: DAY },
  month: { of: ({ month }) => MONTHS[month - 1], longest: 7 * DAY },
  monthStart: { of: ({ day }) => day === 1, longest: DAY },
  monthEnd: { of: (time) => time.day === daysOfMonth(time), longest: DAY },
  // Monthly sums are larger in longer months.
  monthDays: { of: daysOfMonth, longest: Infinity },
};

const calendarFields = {
  /** Default: those that differ from step to step. */
  kinds: field.optional(field.list(field.choice(NAMES))),
  /** Where days begin at midnight, such as 'Europe/Berlin'. Default: 'UTC'. */
  timeZone: field.text({ default: 'UTC' }),
};

/** The options of calendarCovariates. */
export type CalendarOptions = InputsOf<typeof calendarFields>;

const asObject = field.object(calendarFields);
/** A list of kinds, or true for those that fit the steps. */
const withKinds = (option: CalendarOption): CalendarOptions =>
  option === true ? {} : Array.isArray(option) ? { kinds: option } : (option as CalendarOptions);

/** The forms of the option `calendar`. */
export type CalendarOption = true | readonly CalendarKind[] | CalendarOptions;

/** The option `calendar` of a forecast: true, kinds, or an object. */
export const calendarField: Field<CalendarOption, CalendarOptions | undefined> = {
  optional: true,
  accepts: (value) => calendarField.fault?.(value) === undefined,
  fault(value) {
    if (value === true) return undefined;
    return faultOf((Array.isArray(value) ? calendarFields.kinds : asObject) as Field, value);
  },
  expected: `true, or a list of ${NAMES.map((name) => `'${name}'`).join(', ')}`,
  normalize: withKinds,
  help: `features of the calendar as covariates: all, or of ${NAMES.join(',')}`,
  placeholder: '<kinds>',
  parse: (text) => (text === 'all' ? true : calendarFields.kinds.parse?.(text)),
};

/**
 * Features of the calendar for each step. Without `kinds`, those that suit the steps and are not constant.
 *
 * @param times epoch ms, one for each step of the series and of the horizon
 */
export function calendarCovariates(
  times: ArrayLike<number>,
  options: CalendarOptions = {},
): Record<string, CovariateValues> {
  const { kinds, timeZone } = complete('calendar', calendarFields, options);
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

/** The median distance between times. */
export function stepOf(times: ArrayLike<number>): number {
  const steps = Array.from({ length: Math.max(0, times.length - 1) }, (_, i) => times[i + 1] - times[i]);
  return steps.sort((a, b) => a - b)[steps.length >> 1] ?? DAY;
}

/** Checks times, and gives them on the clock of a place. */
export function civilTimes(times: ArrayLike<number>, timeZone = 'UTC'): CivilTime[] {
  const format = clockOfZone(timeZone);
  return Array.from(times, (time, i) => {
    const date = new Date(typeof time === 'number' ? time : Number.NaN);
    if (Number.isNaN(date.getTime())) {
      throw new UsageError(
        'calendar',
        `times[${i}] is ${String(time)}, expected milliseconds since 1970, as Date.getTime() gives.`,
      );
    }
    // The clock of the place as if it were UTC.
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

function clockOfZone(timeZone: string): Intl.DateTimeFormat | undefined {
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
