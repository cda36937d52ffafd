/**
 * The formats of times in tables. Times are read as milliseconds of the wall clock (wallClock.ts).
 *
 *   2024-03-31   2024-03-31 14:30:00.5   2024-03-31T14:30Z   2024-03-31T14:30+02:00   20240331
 *   31/03/2024   3/31/2024 2:30 PM   31.03.2024   31 Mar 2024   Mar 31, 2024
 *   2024-03   Mar 2024   Mar-24   2024 Q1   2024-W13   2024   and an index: 1, 2, 3
 *   2024033114   202403311430   20240331T143000Z   1711843200   1711843200000   45382 (days of a spreadsheet)
 *   2024-03-31 14:00 - 2024-03-31 15:00: the begin of a range
 */
import { UsageError } from '@mamba-ts/core/errors';
import { DAY, HOUR, MINUTE, SECOND } from '@mamba-ts/core/math';
import type { TimeStyle } from './axis.ts';
import { EPOCH_SERIAL, spellingOf, type TimeWriter } from './timeSpelling.ts';
import { inMonth, wall, weekday } from './wallClock.ts';

/** A time that was read. */
export interface Moment {
  /** Milliseconds of the wall clock; of an index, its number. */
  readonly time: number;
  /** Minutes east of Greenwich; absent where the text has none. */
  readonly offset?: number;
}

/** The way in which a column writes times. */
export interface TimeFormat {
  /** What the column has: 'dates', 'epoch seconds'. */
  readonly name: string;
  readonly style: TimeStyle;
  /** Whether times are those of a local clock, which skips an hour or shows one twice. Default: false. */
  readonly isLocal?: boolean;
  /** The time of a text; undefined where it is not of this format. */
  read(text: string): Moment | undefined;
  /** Writes a time as the table does. */
  readonly write?: TimeWriter;
}

const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`;
const ISO = new RegExp(
  String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]\s*${CLOCK}\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$`,
  'i',
);
const SLASHED = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,]+${CLOCK}\s*([AP]M)?)?$`, 'i');
const NAMED =
  /^(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?(?:(\d{1,2})[ -])?(\p{L}{3,10})\.?(?:[ -](\d{1,2}),?(?=[ -]))?[ -]'?(\d{4}|\d{2})$/iu;
const MONTH = /^(\d{4})(?:[-/.](\d{1,2})|M(\d{1,2}))$/i;
const QUARTER = /^(?:(\d{4})[ -]?Q([1-4])|Q([1-4])[ -]?(\d{4}))$/i;
const WEEK = /^(\d{4})-?W(\d{1,2})(?:-([1-7])|([1-7]))?$/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})(T?)(\d{2})(\d{2})?(\d{2})?(Z?)$/i;
/** Names and abbreviations of months, from 0, in English, German, French, Spanish, Italian, Portuguese and Dutch. */
const MONTHS: ReadonlyMap<string, number> = new Map(
  [
    'jan january januar janv janvier ene enero gen gennaio janeiro januari jänner jän',
    'feb february februar févr fév février febrero febbraio fev fevereiro februari',
    'mar march mär mrz märz mars marzo março mrt maart',
    'apr april avr avril abr abril aprile',
    'may mai mayo mag maggio maio mei',
    'jun june juni juin junio giu giugno junho',
    'jul july juli juil juillet julio lug luglio julho',
    'aug august août aoû ago agosto augustus',
    'sep sept september septembre septiembre set settembre setembro',
    'oct october okt oktober octobre octubre ott ottobre out outubro',
    'nov november novembre noviembre novembro',
    'dec december dez dezember déc décembre dic diciembre dicembre dezembro',
  ].flatMap((names, month) => names.split(' ').map((name) => [name, month] as const)),
);

function clock(hour = '0', minute = '0', second = '0', fraction = '', half = ''): number {
  const hours = half === '' ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  if (hours > 24 || Number(minute) > 59 || Number(second) > 59 || (half !== '' && Number(hour) > 12)) return -1;
  const ms = fraction === '' ? 0 : Math.floor(Number(`0.${fraction}`) * SECOND);
  return hours * HOUR + Number(minute) * MINUTE + Number(second) * SECOND + ms;
}

function zoneOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const at = (time: number | undefined): Moment | undefined => (time === undefined ? undefined : { time });

function readIso(text: string): Moment | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [, year, , month, day, hour, minute, second, fraction, zone] = found;
  const time = wall(Number(year), Number(month), Number(day), clock(hour, minute, second, fraction));
  if (time === undefined) return undefined;
  return zone === undefined ? { time } : { time, offset: zoneOf(zone) };
}

const readSlashed = (order: 'dmy' | 'mdy') => (text: string) => {
  const found = SLASHED.exec(text);
  if (!found) return undefined;
  const [, first, , second, year, hour, minute, seconds, fraction, half] = found;
  const [day, month] = order === 'dmy' ? [first, second] : [second, first];
  return at(wall(fullYear(year), Number(month), Number(day), clock(hour, minute, seconds, fraction, half)));
};

/** Days, or months, with the name of the month. */
const readNamed = (hasDay: boolean) => (text: string) => {
  const [, before, name = '', after, year] = NAMED.exec(text) ?? [];
  const month = monthNamed(name);
  const day = before ?? after;
  if (month < 0 || (day !== undefined) !== hasDay || (before !== undefined && after !== undefined)) return undefined;
  return at(wall(fullYear(year), month + 1, Number(day ?? 1)));
};

/** From 0; below 0 for another word. */
const monthNamed = (name: string): number => MONTHS.get(name.toLowerCase()) ?? -1;

const fullYear = (year: string): number =>
  year.length === 4 ? Number(year) : Number(year) + (Number(year) < 70 ? 2000 : 1900);

function readMonth(text: string): Moment | undefined {
  const [, year, month, other] = MONTH.exec(text) ?? [];
  return year === undefined ? undefined : at(wall(Number(year), Number(month ?? other), 1));
}

function readQuarter(text: string): Moment | undefined {
  const [, year, quarter, before, after] = QUARTER.exec(text) ?? [];
  const month = 3 * Number(quarter ?? before) - 2;
  return Number.isNaN(month) ? undefined : at(wall(Number(year ?? after), month, 1));
}

/** ISO 8601: week 1 has the first Thursday of the year. */
function readWeek(text: string): Moment | undefined {
  const [, year, week, dashed, day = dashed ?? '1'] = WEEK.exec(text) ?? [];
  return year === undefined ? undefined : weekOfYear(Number(year), Number(week), Number(day));
}

function weekOfYear(year: number, week: number, day = 1): Moment | undefined {
  if (week < 1 || week > 53) return undefined;
  const fourth = wall(year, 1, 4) as number;
  return { time: fourth - weekday(fourth) * DAY + ((week - 1) * 7 + day - 1) * DAY };
}

/** 20240331T143000Z with a T, 2024033114 without. */
const readCompact = (hasLetter: boolean) => (text: string) => {
  const [, year, month, day, letter = '', hour, minute, second, zone] = COMPACT.exec(text) ?? [];
  if (year === undefined || (letter !== '') !== hasLetter) return undefined;
  const time = wall(Number(year), Number(month), Number(day), clock(hour, minute, second));
  if (time === undefined || Number(year) < 1800 || Number(year) > 2200) return undefined;
  return zone === '' ? { time } : { time, offset: 0 };
};

/** Times of digits alone. */
const digits = (shape: RegExp, read: (value: number) => number | undefined) => (text: string) =>
  shape.test(text) ? at(read(Number(text))) : undefined;

const iso = { isLocal: true, read: readIso };
export const FORMATS = {
  iso: { name: 'dates', style: 'datetime', ...iso },
  dmy: { name: 'dates, day first', style: 'datetime', isLocal: true, read: readSlashed('dmy') },
  mdy: { name: 'dates, month first', style: 'datetime', isLocal: true, read: readSlashed('mdy') },
  named: { name: 'dates', style: 'date', read: readNamed(true) },
  namedMonth: { name: 'months', style: 'month', read: readNamed(false) },
  month: { name: 'months', style: 'month', read: readMonth },
  quarter: { name: 'quarters', style: 'quarter', read: readQuarter },
  week: { name: 'weeks', style: 'date', read: readWeek },
  basic: { name: 'dates', style: 'datetime', isLocal: true, read: readCompact(true) },
  compactClock: { name: 'dates', style: 'datetime', isLocal: true, read: readCompact(false) },
  compactWeek: {
    name: 'weeks',
    style: 'date',
    read: (text) => (/^\d{6}$/.test(text) ? weekOfYear(Number(text.slice(0, 4)), Number(text.slice(4))) : undefined),
  },
  serial: {
    name: 'days of a spreadsheet',
    style: 'date',
    read: digits(/^\d{5}(\.\d+)?$/, (n) => Math.round((n - EPOCH_SERIAL) * 86_400) * SECOND),
  },
  microseconds: {
    name: 'epoch microseconds',
    style: 'microseconds',
    read: (text) => (/^\d{15,16}$/.test(text) ? at(Number(text) / 1000) : undefined),
  },
  nanoseconds: {
    name: 'epoch nanoseconds',
    style: 'nanoseconds',
    // A double does not hold 19 digits.
    read: (text) => (/^\d{18,19}$/.test(text) ? at(Number(text.slice(0, -6))) : undefined),
  },
  compact: {
    name: 'dates',
    style: 'date',
    read: digits(/^\d{8}$/, (n) => wall(Math.floor(n / 10000), Math.floor(n / 100) % 100, n % 100)),
  },
  compactMonth: {
    name: 'months',
    style: 'month',
    read: digits(/^\d{6}$/, (n) => wall(Math.floor(n / 100), n % 100, 1)),
  },
  year: { name: 'years', style: 'year', read: digits(/^\d{4}$/, (n) => wall(n, 1, 1)) },
  /** R writes months as 1949.083, quarters as 1949.25. */
  decimalYear: {
    name: 'months as parts of a year',
    style: 'month',
    read: digits(/^\d{4}(\.\d+)?$/, (n) => {
      const month = Math.round(n * 12);
      return Math.abs(n * 12 - month) < 0.05 ? inMonth(month, 1) : undefined;
    }),
  },
  seconds: { name: 'epoch seconds', style: 'seconds', read: digits(/^\d{9,10}(\.\d+)?$/, (n) => n * SECOND) },
  milliseconds: { name: 'epoch milliseconds', style: 'milliseconds', read: digits(/^\d{12,13}(\.\d+)?$/, (n) => n) },
  index: { name: 'numbers', style: 'index', read: digits(/^-?\d{1,15}(\.0*)?$/, (n) => n) },
} as const satisfies Record<string, TimeFormat>;

/** Formats whose texts can be nothing else than times. */
const CALENDAR = ['iso', 'dmy', 'mdy', 'named', 'namedMonth', 'month', 'quarter', 'week', 'basic'] as const;
/** Formats of digits, for a column that is known to have times. An index is what is none of the others. */
const DIGITS = [
  ...['compactClock', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'compact', 'year', 'compactMonth'],
  ...['compactWeek', 'decimalYear', 'serial', 'index'],
] as (keyof typeof FORMATS)[];

/** The part of the fields of a column that must be times for it to be one of times. The others are refused by row. */
const MOST = 0.8;

const SAY_ORDER = "Say which (dates: 'dmy' or 'mdy').";

interface FormatOptions {
  anyDigits: boolean;
  /** Whether numbers of five digits may be days of a spreadsheet. Default: false. */
  serials?: boolean;
  /** Whether 202401 is a week. Default: where one is beyond 12. */
  weeks?: boolean;
  order?: 'dmy' | 'mdy';
  where: string;
  advice?: string;
}

/**
 * The format of the times of a column; undefined where they are no times.
 *
 * @param fields fields of the column that are not missing
 * @param options `anyDigits`: whether digits alone may be times; `order`: of day and month in 03/04/2024. Default: the one
 *   that the fields show; `where`: what messages call the column; `advice`: what to do if the order is unclear
 * @throws UsageError where the order of day and month is unclear
 * @example
 * formatOf(['2024-01-31', '2024-02-29'], { anyDigits: false, where: 'date' })?.read('2024-03-31')?.time;
 */
export function formatOf(fields: readonly string[], options: FormatOptions): TimeFormat | undefined {
  if (fields.length === 0) return undefined;
  const begins = fields.map(beginOfRange);
  if (begins.filter((begin) => begin !== undefined).length < MOST * fields.length) return keyedFormat(fields, options);
  const found = keyedFormat(
    begins.filter((begin) => begin !== undefined),
    options,
  );
  if (!found) return undefined;
  const { read } = found;
  const readBegin = (text: string) => read(beginOfRange(text) ?? text);
  return { ...found, name: `${found.name}, the begin of a range`, read: readBegin };
}

/** '01.01.2024 00:00 - 01.01.2024 01:00' and '2024-01-01/2024-01-31' begin with a time. */
function beginOfRange(text: string): string | undefined {
  const found = /^(.{4,}?)(?: +(?:[-–—]|to|bis) +|[/–—])(.{4,})$/.exec(text);
  if (!found || !/\d/.test(found[2])) return undefined;
  // A slash stands within dates, too: 01/02/2024.
  return text.includes('/') && !/ [-–—] |to|bis/.test(text) && !/^\d{4}-\d/.test(text) ? undefined : found[1];
}

function keyedFormat(fields: readonly string[], options: FormatOptions): TimeFormat | undefined {
  const key = keyOf(fields, options);
  if (key === undefined) return undefined;
  const format: TimeFormat = FORMATS[key];
  // The shortest field shows whether numbers are padded.
  const text = fields.reduce((shortest, field) => (field.length < shortest.length ? field : shortest));
  const isSpelled = fields.every((field) => !format.read(field) || spellingOf(key, field) !== undefined);
  const write = isSpelled ? spellingOf(key, text) : undefined;
  // Times without a clock are days.
  const style = format.style === 'datetime' && !hasClock(key, fields) ? 'date' : format.style;
  return { ...format, style, ...(write && { write }) };
}

const hasClock = (key: keyof typeof FORMATS, fields: readonly string[]): boolean =>
  key === 'basic' || key === 'compactClock' || fields.some((field) => field.includes(':'));

function keyOf(
  fields: readonly string[],
  { anyDigits, order, where, advice = SAY_ORDER, serials = false, weeks = false }: FormatOptions,
): keyof typeof FORMATS | undefined {
  const share = (key: keyof typeof FORMATS) =>
    fields.filter((field) => (FORMATS[key] as TimeFormat).read(field)).length / fields.length;
  const [dmy, mdy] = [share('dmy'), share('mdy')];
  if (Math.max(dmy, mdy) >= MOST) return slashed(fields, { dmy, mdy }, { order, where, advice });
  const calendar = CALENDAR.find((key) => share(key) >= MOST);
  if (calendar || !anyDigits) return calendar;
  // Numbers of four digits are years only where all of them may be.
  const plausible = (text: string) => Number(text) >= 1500 && Number(text) < 2200;
  const isPossible = (key: keyof typeof FORMATS) => {
    if (key === 'year' || key === 'decimalYear') return fields.every(plausible);
    if (key === 'compactMonth' || key === 'compactWeek') {
      return fields.every((text) => plausible(text.slice(0, 4))) && (key === 'compactWeek' || !weeks);
    }
    // From 1954 to 2119.
    if (key === 'serial') return serials && fields.every((text) => Number(text) >= 20_000 && Number(text) < 80_000);
    return true;
  };
  return DIGITS.filter(isPossible).find((key) => share(key) >= (key === 'index' ? MOST : 1));
}

/** Day or month first: the order that all fields allow, else the one whose steps are even; else it is refused. */
function slashed(
  fields: readonly string[],
  shares: { dmy: number; mdy: number },
  { order, where, advice }: Omit<FormatOptions, 'anyDigits'>,
): 'dmy' | 'mdy' {
  if (order) return order;
  if (shares.dmy !== shares.mdy) return shares.dmy > shares.mdy ? 'dmy' : 'mdy';
  // Dates with points, 31.03.2024, have the day first.
  if (fields.every((field) => /^\d{1,2}\./.test(field))) return 'dmy';
  const even = (['dmy', 'mdy'] as const).filter((key) => isEven(fields.map((field) => FORMATS[key].read(field)?.time)));
  if (even.length === 1) return even[0];
  throw new UsageError(
    'data',
    `${where} has ${JSON.stringify(fields[0])}, which can be read with the day or the month first. ${advice}`,
  );
}

/** Whether times are evenly apart, in days or in months. */
function isEven(times: readonly (number | undefined)[]): boolean {
  const sorted = [...new Set(times)].filter((time) => time !== undefined).sort((a, b) => a - b);
  const constant = (steps: readonly number[]) =>
    steps.slice(2).every((step, i) => step - steps[i + 1] === steps[1] - steps[0]);
  const months = sorted.map((time) => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth());
  const sameDay = new Set(sorted.map((time) => new Date(time).getUTCDate())).size === 1;
  return constant(sorted) || (sameDay && constant(months));
}
