/**
 * Holidays of a country or a region as covariates that are known ahead.
 *
 *   const known = await holidayCovariates(times, { country: 'DE', region: 'BY' });
 *   // { holiday: [0, 1, …], 'holiday -1': [1, 0, …], 'holiday +1': … }: the day, the day before, the day after
 *
 * They come from the package date-holidays, which has 50 MB on disk, so it is an optional peer dependency.
 */

import { UsageError } from '@mamba-ts/core/errors';
import { DAY } from '@mamba-ts/core/math';
import { complete, type Field, faultOf, field, type InputsOf } from '@mamba-ts/core/schema';
import { type CivilTime, civilTimes, stepOf } from './calendarFeatures.ts';

const MAX_DAYS = 30;
const TYPES = ['public', 'bank', 'school', 'optional', 'observance'] as const;
/** A type of holidays. */
export type HolidayType = (typeof TYPES)[number];

const holidayFields = {
  /** ISO 3166-1, such as 'DE'. */
  country: field.text(),
  /** The part of the country, such as 'BY', or 'BY-A' for a part of that. Default: the whole country. */
  region: field.optional(field.text()),
  /** Days before a holiday that are columns of their own. Default: 1. */
  before: field.whole({ min: 0, max: MAX_DAYS, default: 1 }),
  /** Days after a holiday that are columns of their own. Default: 1. */
  after: field.whole({ min: 0, max: MAX_DAYS, default: 1 }),
  /** Default: ['public']. */
  types: field.list<HolidayType>(field.choice(TYPES), { default: ['public'] }),
  /** Whether each holiday has a column of its own as well, by name: for those unlike others. Default: false. */
  each: field.flag({ default: false }),
  /** Where days begin at midnight. Default: 'UTC', as for times that were written without a zone. */
  timeZone: field.text({ default: 'UTC' }),
};

/** The options of holidayCovariates. */
export type HolidayOptions = InputsOf<typeof holidayFields> & { country: string };
/** The forms of the option `holidays`. */
export type HolidayOption = string | HolidayOptions;

const asObject = field.object(holidayFields);

/** The option `holidays` of a forecast: 'DE', 'DE-BY' or an object. */
export const holidaysField: Field<HolidayOption, HolidayOptions | undefined> = {
  optional: true,
  accepts: (value) => holidaysField.fault?.(value) === undefined,
  fault: (value) => faultOf((typeof value === 'string' ? holidayFields.country : asObject) as Field, value),
  expected: "a place such as 'DE' or 'DE-BY', or an object such as { country: 'DE', region: 'BY' }",
  normalize: (place) => (typeof place === 'string' ? placeOf(place) : place),
  help: 'holidays of a country, or of a part of it, as covariates: DE, DE-BY',
  placeholder: '<place>',
  parse: (text) => text,
};

/** 'DE-BY' as { country: 'DE', region: 'BY' }. */
function placeOf(text: string): HolidayOptions {
  const [country, ...region] = text.split('-');
  return { country, ...(region.length > 0 && { region: region.join('-') }) };
}

/**
 * Holidays, and the days around them, as columns of 0 and 1. Steps of a week or more count their holidays.
 *
 * @param times epoch ms, one for each step of the series and of the horizon
 */
export async function holidayCovariates(
  times: ArrayLike<number>,
  options: HolidayOptions,
): Promise<Record<string, Float64Array>> {
  const { before, after, types, each, timeZone } = complete('holidays', holidayFields, options);
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

/** The names of holidays by day. */
async function holidaysBetween(
  first: number,
  last: number,
  { country, region }: HolidayOptions,
  types: readonly HolidayType[],
): Promise<Map<number, string>> {
  const Holidays = await loadHolidays();
  const calendar = new Holidays();
  const place = requirePlace(calendar, country, region);
  // English names are the same for all users.
  calendar.init(...place, { types: [...types], languages: 'en', timezone: 'UTC' });
  const yearOf = (day: number) => new Date(day * DAY).getUTCFullYear();
  const byDay = new Map<number, string>();
  for (let year = yearOf(first) - 1; year <= yearOf(last); year++) {
    for (const { start, end, name, type } of calendar.getHolidays(year, 'en')) {
      if (!types.includes(type)) continue;
      // Holidays that begin at sunset count for the day after.
      const from = Math.round(start.getTime() / DAY);
      for (let day = from; day < Math.max(from + 1, Math.round(end.getTime() / DAY)); day++) byDay.set(day, name);
    }
  }
  return byDay;
}

type Calendar = InstanceType<Awaited<ReturnType<typeof loadHolidays>>>;

/** Country, state and region, checked, as far as they are given. */
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
