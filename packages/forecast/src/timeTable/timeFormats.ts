/**
 * The formats of times in tables. Times are read as milliseconds of the wall clock (wallClock.ts).
 *
 *   2024-03-31   2024-03-31 14:30:00.5   2024-03-31T14:30Z   2024-03-31T14:30+02:00   20240331
 *   31/03/2024   3/31/2024 2:30 PM   31.03.2024   31 Mar 2024   Mar 31, 2024
 *   2024-03   Mar 2024   Mar-24   2024 Q1   2024-W13   2024   and an index: 1, 2, 3
 *   2024033114   202403311430   20240331T143000Z   1711843200   1711843200000   45382 (days of a spreadsheet)
 *   2024-03-31 14:00 - 2024-03-31 15:00: the begin of a range
 */
import { DAY, HOUR, MINUTE, SECOND } from '@mamba-ts/core/math';
import type { TimeStyle } from './axis.ts';
import { EPOCH_SERIAL, type TimeWriter } from './timeSpelling.ts';
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
