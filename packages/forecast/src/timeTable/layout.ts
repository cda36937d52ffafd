/**
 * The use of each column: named by the user, else found in the first rows.
 *
 *   time     times that can be nothing else; else digits in a column that is called so, or in an even first column
 *   id       what tells rows of the same time apart: text, then whole numbers that repeat; what stands in blocks
 *   value    the numbers that are left: one column below ids, else each column is a series
 */
import { UsageError } from '@mamba-ts/core/errors';
import { requireUnique, type Table, type TableRow } from '@mamba-ts/core/table';
import { namesId, namesPartOfYear, namesTime, namesValue } from './columnNames.ts';
import { Categories, type SeriesColumn } from './seriesColumn.ts';
import { formatOf, type TimeFormat } from './timeFormats.ts';
import type { TimeTableOptions } from './timeTableTypes.ts';

export interface Layout {
  readonly table: Table<'time'>;
  readonly time?: SeriesColumn;
  readonly format?: TimeFormat;
  readonly ids: readonly SeriesColumn[];
  readonly values: readonly SeriesColumn[];
  readonly known: readonly SeriesColumn[];
  readonly past: readonly SeriesColumn[];
  readonly ignored: readonly SeriesColumn[];
  /** Counted while rows are read. */
  readonly leftOut: { totals: number };
}

/** @throws UsageError where a use cannot be found, or a column has two */
export function layoutOf(table: Table<'time'>, options: TimeTableOptions): Layout {
  const { columns, name } = table;
  const named = (names: readonly string[] | undefined) => names && table.named(names);
  const covariates = (names: readonly string[] | undefined) =>
    (named(names) ?? []).map((column) =>
      column.kind === 'text' ? { ...column, categories: new Categories() } : column,
    );
  const known = covariates(options.known);
  const past = covariates(options.past);
  const given = [...known, ...past, ...(named(options.value) ?? []), ...(named(options.id) ?? [])];
  const free = (column: SeriesColumn) => !given.some(({ at }) => at === column.at);
  const time = timeIn(table, free, options);
  const twice = given.find(({ at }, i) => given.findIndex((other) => other.at === at) !== i || at === time?.column.at);
  if (twice) {
    throw new UsageError(
      'data',
      `column ${JSON.stringify(twice.name)} of ${name} is named twice, expected one use of each: ` +
        'time, value, id, known or past.',
    );
  }
  const ids = named(options.id) ?? idsIn(table, time, free, (named(options.value) ?? []).length > 0);
  const left = columns.filter((column) => free(column) && column !== time?.column && !ids.includes(column));
  const values = named(options.value) ?? valuesIn(left, ids, table);
  // The name of a column is the name of its series.
  requireUnique(name, names(columns), names(values));
  const used = [time?.column, ...ids, ...values, ...known, ...past].map((column) => column?.at);
  const ignored = columns.filter(({ at }) => !used.includes(at));
  return {
    table,
    ...(time && { time: time.column, format: time.format }),
    ids,
    values,
    known,
    past,
    ignored,
    leftOut: { totals: 0 },
  };
}

const names = (columns: readonly SeriesColumn[]): string[] => columns.map((column) => column.name);

interface Time {
  column: SeriesColumn;
  format: TimeFormat;
}

function timeIn(
  table: Table<'time'>,
  free: (column: SeriesColumn) => boolean,
  { time, dates }: TimeTableOptions,
): Time | undefined {
  if (time === 'none') return undefined;
  const { columns, name } = table;
  const formatIn = (column: SeriesColumn, anyDigits: boolean) =>
    formatOf(timesOf(column), { anyDigits, order: dates, where: `${name}, column ${JSON.stringify(column.name)}` });
  if (time !== undefined) {
    const [column] = table.named([time]);
    const format = formatIn(column, true);
    if (format) return { column, format };
    throw noTimes(column, name);
  }
  const times = columns.filter((column) => column.kind === 'time' && free(column));
  const sure = times.find(namesTime) ?? times[0];
  if (sure) {
    const format = formatIn(sure, false);
    if (format) return { column: sure, format };
  }
  const numbers = columns.filter((column) => column.kind === 'number' && free(column));
  for (const column of [...numbers.filter(namesTime), ...numbers.slice(0, 1).filter(({ at }) => at === 0)]) {
    // A single column has the values.
    if (columns.length === 1) break;
    const format = formatIn(column, true);
    if (!format || !(namesTime(column) || isEven(column, format))) continue;
    const part = numbers.find((other) => other !== column && namesPartOfYear(other));
    if (part && format.style === 'year' && new Set(column.fields).size < column.fields.length) {
      throw new UsageError(
        'data',
        `${name} has its times in several columns, ${JSON.stringify(column.name)} and ${JSON.stringify(part.name)}, ` +
          'expected one, such as 2024-03 or 2024-03-31. Join them into one, or name the column of times (time).',
      );
    }
    return { column, format };
  }
  // A column that is called a time and cannot be read would otherwise be ignored silently.
  const unread = columns.find((column) => column.kind === 'text' && namesTime(column) && free(column));
  if (unread) throw noTimes(unread, name);
  return undefined;
}

/** What a row of totals has in place of a time. */
export const isTotal = (field: string): boolean =>
  /^(?:(?:grand |sub)?totals?|sum|summe|gesamt(?:summe)?|insgesamt|somme|totale|totaal|suma|итого)\b[ :]*$/i.test(
    field,
  );

/** The fields of a column that may be times. */
const timesOf = ({ fields }: SeriesColumn): readonly string[] =>
  fields.some(isTotal) ? fields.filter((field) => !isTotal(field)) : fields;

function noTimes(column: SeriesColumn, name: string): UsageError {
  const fields = timesOf(column);
  return new UsageError(
    'data',
    `column ${JSON.stringify(column.name)} of ${name} has ${JSON.stringify(fields[0] ?? '')}, expected times such as ` +
      '2024-03-31, 2024-03-31 14:30, 31/03/2024, 2024-03, 2024 Q1, 2024, epoch seconds or whole numbers. ' +
      "Fix them, or say that rows are a step apart (time: 'none').",
  );
}

/** Fewer steps may be even by chance. */
const FEWEST_EVEN = 3;

/** Whether numbers rise evenly. */
function isEven({ fields }: SeriesColumn, format: TimeFormat): boolean {
  const times = fields.map((field) => format.read(field)?.time ?? Number.NaN);
  const steps = times.slice(1).map((time, i) => time - times[i]);
  return steps.length >= FEWEST_EVEN && steps.every((step) => step > 0 && step === steps[0]);
}

/** `hasValue`: whether the user has named the columns of values. */
function idsIn(
  { sample: rows, columns }: Table<'time'>,
  time: Time | undefined,
  free: (column: SeriesColumn) => boolean,
  hasValue: boolean,
): SeriesColumn[] {
  const left = columns.filter((column) => column !== time?.column && free(column));
  const texts = byName(left.filter(({ kind }) => kind === 'text'));
  const numbers = byName(left.filter(({ kind }) => kind === 'number'));
  const timeOf = (row: TableRow) => (time ? row.fields[time.column.at] : undefined);
  if (rows.length < 2) return texts.slice(0, 1);
  if (!time) return texts.filter((column) => standsInBlocks(rows, column.at)).slice(0, 1);
  if (new Set(rows.map(timeOf)).size === rows.length) {
    // Either one series so far, and others begin below; or several series, of which no two share a time.
    const { column, format } = time;
    const instants = rows.map(({ fields }) => format.read(fields[column.at])?.time ?? Number.NaN);
    return [...texts, ...numbers.filter(namesId)]
      .filter(({ at }) => isConstant(rows, at) || restarts(rows, at, instants))
      .slice(0, 1);
  }
  const identifies = (found: readonly SeriesColumn[]) =>
    new Set(rows.map((row) => [timeOf(row), ...found.map(({ at }) => row.fields[at])].join('\0'))).size === rows.length;
  // Numbers may tell rows apart by accident, and one column must be left to forecast.
  const wholes = numbers.filter(
    (column) =>
      column.fields.every((field) => /^-?\d+$/.test(field)) &&
      !namesTime(column) &&
      !namesValue(column) &&
      (namesId(column) || distinct(column) * 2 <= rows.length) &&
      (hasValue || numbers.length > 1),
  );
  const all = [...texts, ...wholes.filter(namesId)];
  const called = all.filter(namesId);
  const single = [...texts, ...wholes].find((column) => identifies([column]));
  const found = single ? [single] : [called, texts, all].find((several) => several.length > 1 && identifies(several));
  return found ?? called.slice(0, 1);
}

/** Columns that are called ids first, then those that repeat most. */
function byName(columns: readonly SeriesColumn[]): SeriesColumn[] {
  const rank = (column: SeriesColumn) => (namesId(column) ? 0 : 1);
  return [...columns].sort((a, b) => rank(a) - rank(b) || distinct(a) - distinct(b));
}

const distinct = ({ fields }: SeriesColumn): number => new Set(fields).size;

/** Whether rows of the same text stand together, with fewer texts than rows. */
function standsInBlocks(rows: readonly TableRow[], at: number): boolean {
  const texts = rows.map(({ fields }) => fields[at]);
  const blocks = texts.filter((text, i) => text !== texts[i - 1]).length;
  const different = new Set(texts).size;
  return blocks === different && different < rows.length;
}

/** Whether rows stand in blocks: time runs one way within each block, and back where the next one begins. */
function restarts(rows: readonly TableRow[], at: number, times: readonly number[]): boolean {
  if (!standsInBlocks(rows, at)) return false;
  const ways = { within: new Set<number>(), between: new Set<number>() };
  for (let i = 1; i < rows.length; i++) {
    const isWithin = rows[i].fields[at] === rows[i - 1].fields[at];
    ways[isWithin ? 'within' : 'between'].add(Math.sign(times[i] - times[i - 1]));
  }
  const [way] = ways.within;
  return ways.within.size === 1 && ways.between.has(-way);
}

const isConstant = (rows: readonly TableRow[], at: number): boolean =>
  rows.every(({ fields }) => fields[at] === rows[0].fields[at]);

function valuesIn(
  left: readonly SeriesColumn[],
  ids: readonly SeriesColumn[],
  { name, sample }: Table<'time'>,
): SeriesColumn[] {
  const all = left.filter(({ kind }) => kind === 'number');
  const counted = all.filter((column) => !isRowNumber(column, sample.length));
  const numbers = counted.length > 0 ? counted : all;
  const found = numbers.filter((column) => !namesTime(column) || numbers.length === 1);
  const called = found.filter(namesValue);
  if (found.length > 0 && (ids.length === 0 || found.length === 1)) {
    return called.length === 1 && /^(y|value|target)$/i.test(called[0].name) ? called : found;
  }
  if (called.length === 1) return called;
  const quoted = (columns: readonly SeriesColumn[]) => columns.map((column) => JSON.stringify(column.name)).join(', ');
  if (found.length === 0) {
    const seen = left.map(
      ({ name: title, fields }) => `${JSON.stringify(title)} has ${JSON.stringify(fields[0] ?? '')}`,
    );
    throw new UsageError(
      'data',
      `${name} has no column of numbers${seen.length > 0 ? `: ${seen.slice(0, 6).join(', ')}` : ''}. ` +
        'Name the column to forecast (value), and the decimal mark if it is not found (decimal).',
    );
  }
  throw new UsageError(
    'data',
    `${name} has several columns of numbers next to ${quoted(ids)}: ${quoted(found)}. ` +
      'Name the one to forecast (value); others may be known ahead (known) or only in the past (past).',
  );
}

/** Whether a column is the index that pandas writes first: 0, 1, 2 … without a name. */
function isRowNumber({ isNamed, at, fields }: SeriesColumn, rows: number): boolean {
  return !isNamed && at === 0 && rows > 1 && fields.length === rows && fields.every((field, i) => Number(field) === i);
}
