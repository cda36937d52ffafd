/** The format of a column of times: the one that its fields allow. */
import { UsageError } from '@mamba-ts/core/errors';
import { FORMATS, type TimeFormat } from './timeFormats.ts';
import { spellingOf } from './timeSpelling.ts';

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
