/**
 * Holidays of a country or a region as covariates that are known ahead.
 *
 *   const known = await holidayCovariates(times, { country: 'DE', region: 'BY' });
 *   // { holiday: [0, 1, …], 'holiday -1': [1, 0, …], 'holiday +1': … }: the day, the day before, the day after
 *
 * They come from the package date-holidays, which is large (some 50 MB on disk): it is installed by those who want it.
 */

import { UsageError } from '@mamba-ts/core/errors';
import { DAY } from '@mamba-ts/core/math';
import { type CivilTime, civilTimes, stepOf } from './calendarFeatures.ts';

export interface HolidayOptions {
  /** ISO 3166-1, such as 'DE'. */
  country: string;
  /** The part of the country, such as 'BY', or 'BY-A' for a part of that. */
  region?: string;
  /** Days before and after a holiday that are columns of their own. Default: 1 and 1. */
  before?: number;
  after?: number;
  /** Default: ['public']. */
  types?: readonly HolidayType[];
  /** A column for each holiday, by name, as well: for those unlike others. */
  each?: boolean;
  /** Where days begin at midnight. Default: 'UTC', as for times that were written without a zone. */
  timeZone?: string;
}

export type HolidayType = 'public' | 'bank' | 'school' | 'optional' | 'observance';

const TYPES: readonly HolidayType[] = ['public', 'bank', 'school', 'optional', 'observance'];
const MOST_DAYS = 30;

/** `times` in epoch ms, one for each step of the series and of the horizon. Steps of a week or more count their holidays. */
export async function holidayCovariates(
  times: ArrayLike<number>,
  options: HolidayOptions,
): Promise<Record<string, Float64Array>> {
  const { before = 1, after = 1, types = ['public'], each = false, timeZone } = options;
  for (const [name, days] of Object.entries({ before, after })) {
    if (Number.isInteger(days) && days >= 0 && days <= MOST_DAYS) continue;
    throw new UsageError('holidays', `${name} is ${days}, expected whole days from 0 to ${MOST_DAYS}.`);
  }
  const unknown = types.find((type) => !TYPES.includes(type));
  if (unknown !== undefined)
    throw new UsageError('holidays', `unknown type '${unknown}', expected ${TYPES.join(', ')}.`);
  const days = civilTimes(times, timeZone).map(dayOf);
  const last = days.length > 0 ? days[days.length - 1] : 0;
  const span = Math.max(1, Math.round(stepOf(times) / DAY));
  const byDay = await holidaysBetween(days[0] ?? 0, last + span + before, options, types);
  const names = each ? [...new Set([...byDay.values()])].sort() : [];
  const columnOf = (counts: (name: string) => boolean, late: number) =>
    Float64Array.from(days, (day, i) => {
      // A step of days holds all until the next one begins.
      const end = span > 1 ? (days[i + 1] ?? day + span) : day + 1;
      let count = 0;
      for (let d = day; d < end; d++) {
        const name = byDay.get(d - late);
        if (name !== undefined && counts(name)) count++;
      }
      return count;
    });
  const any = () => true;
  const columns: Record<string, Float64Array> = { holiday: columnOf(any, 0) };
  if (span === 1) {
    for (let d = 1; d <= before; d++) columns[`holiday -${d}`] = columnOf(any, -d);
    for (let d = 1; d <= after; d++) columns[`holiday +${d}`] = columnOf(any, d);
  }
  for (const name of names) columns[`holiday ${name}`] = columnOf((one) => one === name, 0);
  return columns;
}

/** Days since 1970. */
const dayOf = ({ year, month, day }: CivilTime): number => Date.UTC(year, month - 1, day) / DAY;

/** Names by day. */
async function holidaysBetween(
  first: number,
  last: number,
  { country, region }: HolidayOptions,
  types: readonly HolidayType[],
): Promise<Map<number, string>> {
  const Holidays = await loadHolidays();
  const calendar = new Holidays();
  const place = requirePlace(calendar, country, region);
  // English names do not depend on who asks.
  calendar.init(...place, { types: [...types], languages: 'en', timezone: 'UTC' });
  const yearOf = (day: number) => new Date(day * DAY).getUTCFullYear();
  const byDay = new Map<number, string>();
  for (let year = yearOf(first) - 1; year <= yearOf(last); year++) {
    for (const { start, end, name, type } of calendar.getHolidays(year, 'en')) {
      if (!types.includes(type)) continue;
      // Some begin at sunset: the day after is theirs.
      const from = Math.round(start.getTime() / DAY);
      for (let day = from; day < Math.max(from + 1, Math.round(end.getTime() / DAY)); day++) byDay.set(day, name);
    }
  }
  return byDay;
}

type Calendar = InstanceType<Awaited<ReturnType<typeof loadHolidays>>>;

/** Country, state and region, as far as they were named, checked. */
function requirePlace(calendar: Calendar, country: string, region?: string): [string, string, string] {
  const states = requireOne('country', country, calendar.getCountries('en'));
  const [state, part] = (region ?? '').toUpperCase().split('-', 2);
  if (state) requireOne('region', state, calendar.getStates(states, 'en') ?? {});
  if (part) requireOne('region', part, calendar.getRegions(states, state, 'en') ?? {});
  return [states, state, part ?? ''];
}

function requireOne(what: string, code: string, known: Record<string, string>): string {
  const found = typeof code === 'string' ? code.toUpperCase() : '';
  if (found in known) return found;
  const named = Object.entries(known).find(([, name]) => name.toLowerCase() === found.toLowerCase());
  const all = Object.keys(known);
  const expected = all.length === 0 ? 'none: its holidays are those of the whole' : `one of ${all.join(', ')}`;
  throw new UsageError(
    'holidays',
    `${what} is '${code}', expected ${expected}.${named ? ` Did you mean '${named[0]}'?` : ''}`,
  );
}

async function loadHolidays(): Promise<typeof import('date-holidays').default> {
  try {
    return (await import('date-holidays')).default;
  } catch (cause) {
    throw new UsageError(
      'holidays',
      'the package date-holidays is not installed. Install it: npm install date-holidays.',
      {
        cause,
      },
    );
  }
}
