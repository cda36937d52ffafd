/**
 * Times in the spelling of a table: what is written looks as the times that were read, so that tables can be joined by it.
 *
 *   read 05/01/2024 13:00      written 06/01/2024 14:00
 *   read 2024-W06              written 2024-W07
 */
import { DAY, HOUR, MINUTE, SECOND } from '@mamba-ts/core/math';
import { monthOf, timeOfDay, two, weekday } from './wallClock.ts';

/** Writes a time of the wall clock; undefined where the spelling has no place for a part of it. */
export type TimeWriter = (time: number, offset?: number) => string | undefined;

/** The parts of the day of a time. */
function partsOf(time: number) {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  const rest = timeOfDay(time);
  return {
    year: year < 0 ? String(year) : String(year).padStart(4, '0'),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: Math.floor(rest / HOUR),
    minute: Math.floor((rest % HOUR) / MINUTE),
    second: Math.floor((rest % MINUTE) / SECOND),
    ms: rest % SECOND,
  };
}

/** '', ' 14:30', 'T14:30:00.000': after the date, as in `text`; undefined where the time needs more. */
function clockAs(text: string): TimeWriter {
  const found = /^([T ,]+)(\d{1,2}):\d{2}(:\d{2}(?:([.,])(\d+))?)?( ?[AP]M)?$/i.exec(text);
  if (!found) return (time) => (timeOfDay(time) === 0 ? '' : undefined);
  const [, gap, hours, seconds, mark = '.', fraction = '', half] = found;
  return (time) => {
    const { hour, minute, second, ms } = partsOf(time);
    const shown = half ? ((hour + 11) % 12) + 1 : hour;
    const needsSeconds = second !== 0 || ms !== 0;
    const digits = fraction.length > 0 ? fraction.length : ms !== 0 ? 3 : 0;
    const part = digits > 0 ? `${mark}${String(ms).padStart(3, '0').padEnd(digits, '0').slice(0, digits)}` : '';
    const tail = seconds !== undefined || needsSeconds ? `:${two(second)}${part}` : '';
    const word = half ? half.replace(/[AP]/i, (letter) => letterOf(letter, hour)) : '';
    return `${gap}${hours.length === 2 || shown > 9 ? two(shown) : shown}:${two(minute)}${tail}${word}`;
  };
}

const letterOf = (letter: string, hour: number): string => {
  const right = hour < 12 ? 'a' : 'p';
  return letter === letter.toUpperCase() ? right.toUpperCase() : right;
};

/** 'Z', '+02:00', '+0200', '+02', ' UTC': as in `text`. */
function zoneAs(text: string): (offset: number | undefined) => string | undefined {
  if (text === '') return (offset) => (offset === undefined ? '' : undefined);
  const numeric = /^(\s*)[+-]\d{2}(:?)(\d{2})?$/.exec(text);
  return (offset = 0) => {
    if (!numeric) return offset === 0 ? text : signed(offset, ':');
    const [, gap, colon, minutes] = numeric;
    return `${gap}${minutes === undefined && offset % 60 === 0 ? signed(offset, '').slice(0, 3) : signed(offset, colon)}`;
  };
}

/** An offset of minutes east of Greenwich: 120 → '+02:00'. */
export function signed(offset: number, colon: string): string {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
}

function isoAs(text: string): TimeWriter | undefined {
  const found =
    /^\d{4}([-/.])(\d{1,2})\1(\d{1,2})((?:[T ]\s*[\d:.,]+)?)(\s*(?:Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?)$/i.exec(text);
  if (!found) return undefined;
  const [, mark, month, day, clock, zone] = found;
  const [clocked, zoned] = [clockAs(clock), zoneAs(zone)];
  const isPadded = month.length === 2 && day.length === 2;
  return (time, offset) => {
    const parts = partsOf(time);
    const [m, d] = [parts.month, parts.day].map((n) => (isPadded ? two(n) : String(n)));
    return joined([`${parts.year}${mark}${m}${mark}${d}`, clocked(time), zoned(offset)]);
  };
}

const slashedAs =
  (order: 'dmy' | 'mdy') =>
  (text: string): TimeWriter | undefined => {
    const found = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})((?:[T ,]+[\d:.,]+(?: ?[AP]M)?)?)$/i.exec(text);
    if (!found) return undefined;
    const [, first, mark, second, years, clock] = found;
    const clocked = clockAs(clock);
    // '5/1/2024' shows that days are not padded; '15/11/2024' shows nothing.
    const isPadded = first.length === 2 && second.length === 2;
    return (time) => {
      const { year, month, day } = partsOf(time);
      const [a, b] = (order === 'dmy' ? [day, month] : [month, day]).map((n) => (isPadded ? two(n) : String(n)));
      return joined([`${a}${mark}${b}${mark}${years.length === 2 ? year.slice(-2) : year}`, clocked(time)]);
    };
  };

const NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Text with the name of a month: '31 Mar 2024', 'March 31, 2024', 'Mar 2024', 'Jan-21'. */
function namedAs(text: string): TimeWriter | undefined {
  const found = /^(?:(\d{1,2})([ -]))?([a-z]{3,9})(\.?)(?:([ -])(\d{1,2})(,?))??([ -])('?)(\d{4}|\d{2})$/i.exec(text);
  if (!found) return undefined;
  const [, before, gap = '', name, dot, gapAfter, after, comma = '', gapYear, quote, years] = found;
  const isLong = name.length > 3 && NAMES.some((full) => full.toLowerCase() === name.toLowerCase());
  // Months of other languages are written as 2024-05.
  if (!isLong && !NAMES.some((full) => full.slice(0, 3).toLowerCase() === name.toLowerCase())) return undefined;
  const day = before ?? after;
  return (time) => {
    if (timeOfDay(time) !== 0) return undefined;
    const parts = partsOf(time);
    const full = NAMES[parts.month - 1];
    const short = isLong ? full : full.slice(0, 3);
    const month =
      name === name.toUpperCase() ? short.toUpperCase() : name === name.toLowerCase() ? short.toLowerCase() : short;
    if (day === undefined && parts.day !== 1) return undefined;
    const shown = day !== undefined && day.length === 2 ? two(parts.day) : String(parts.day);
    const year = years.length === 2 ? parts.year.slice(-2) : parts.year;
    const head = before !== undefined ? `${shown}${gap}${month}${dot}` : `${month}${dot}`;
    return `${head}${after !== undefined ? `${gapAfter}${shown}${comma}` : ''}${gapYear}${quote}${year}`;
  };
}

function monthAs(text: string): TimeWriter | undefined {
  const found = /^\d{4}([-/.M]?)(\d{1,2})$/i.exec(text);
  if (!found) return undefined;
  const [, mark, month] = found;
  return (time) => {
    const parts = partsOf(time);
    return parts.day === 1 && timeOfDay(time) === 0
      ? `${parts.year}${mark}${month.length === 2 ? two(parts.month) : parts.month}`
      : undefined;
  };
}

function quarterAs(text: string): TimeWriter | undefined {
  const found = /^(?:\d{4}([ -]?)(Q)[1-4]|(Q)[1-4]([ -]?)\d{4})$/i.exec(text);
  if (!found) return undefined;
  const [, gap, letter, first, gapAfter] = found;
  return (time) => {
    const { year, month, day } = partsOf(time);
    if (day !== 1 || month % 3 !== 1 || timeOfDay(time) !== 0) return undefined;
    const quarter = (month + 2) / 3;
    return first === undefined ? `${year}${gap}${letter}${quarter}` : `${first}${quarter}${gapAfter}${year}`;
  };
}

/** The year and the number of the ISO week of a time. */
function weekOf(time: number): { year: number; week: number } {
  const thursday = time - timeOfDay(time) + (3 - weekday(time)) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) };
}

function weekAs(text: string): TimeWriter | undefined {
  const found = /^\d{4}(-?)(W?)(\d{1,2})(?:(-?)([1-7]))?$/i.exec(text);
  if (!found) return undefined;
  const [, gap, letter, digits, gapDay = '', day] = found;
  return (time) => {
    if (timeOfDay(time) !== 0 || (day === undefined && weekday(time) !== 0)) return undefined;
    const { year, week } = weekOf(time);
    const number = digits.length === 2 ? two(week) : String(week);
    return `${year}${gap}${letter}${number}${day === undefined ? '' : `${gapDay}${weekday(time) + 1}`}`;
  };
}

/** Digits alone, from the year on: 20240131, 2024013114, 20240131T143000Z. */
function compactAs(text: string): TimeWriter | undefined {
  const found = /^\d{8}(T?)(\d{2})?(\d{2})?(\d{2})?(Z?)$/i.exec(text);
  if (!found) return undefined;
  const [, letter, hours, minutes, seconds, zone] = found;
  return (time) => {
    const { year, month, day, hour, minute, second, ms } = partsOf(time);
    const all = [hour, minute, second];
    const kept = [hours, minutes, seconds].filter((part) => part !== undefined).length;
    if (ms !== 0 || all.slice(kept).some((part) => part !== 0)) return undefined;
    return `${year}${two(month)}${two(day)}${letter}${all.slice(0, kept).map(two).join('')}${zone}`;
  };
}

/** Months as parts of a year, as R writes them: 1949.333. */
function decimalYearAs(text: string): TimeWriter {
  const digits = text.includes('.') ? text.length - text.indexOf('.') - 1 : 3;
  return (time) => {
    const month = monthOf(time);
    const part = (month % 12) / 12;
    const year = Math.floor(month / 12);
    return part === 0 && !text.includes('.')
      ? String(year)
      : String(Number((year + part).toFixed(Math.max(2, digits))));
  };
}

/** Days of a spreadsheet: 1 is 1899-12-31. */
const serialAs = (): TimeWriter => (time) => String(time / DAY + EPOCH_SERIAL);
/** The number that a spreadsheet gives 1970-01-01. */
export const EPOCH_SERIAL = 25_569;

const joined = (parts: readonly (string | undefined)[]): string | undefined =>
  parts.some((part) => part === undefined) ? undefined : parts.join('');

const WRITERS: Readonly<Record<string, (text: string) => TimeWriter | undefined>> = {
  iso: isoAs,
  dmy: slashedAs('dmy'),
  mdy: slashedAs('mdy'),
  named: namedAs,
  namedMonth: namedAs,
  month: monthAs,
  compactMonth: monthAs,
  quarter: quarterAs,
  week: weekAs,
  compactWeek: weekAs,
  compact: compactAs,
  basic: compactAs,
  compactClock: compactAs,
  decimalYear: decimalYearAs,
  serial: serialAs,
};

/** The spelling of a time that was read by the format of this key; undefined where it has no spelling of its own. */
export const spellingOf = (key: string, text: string): TimeWriter | undefined => WRITERS[key]?.(text);
