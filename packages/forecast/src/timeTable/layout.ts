/**
 * The use of each column: named by the user, else found in the first rows.
 *
 *   time     times that can be nothing else; else digits in a column that is called so, or in an even first column
 *   id       what tells rows of the same time apart: text, then whole numbers that repeat; what stands in blocks
 *   value    the numbers that are left: one column below ids, else each column is a series
 */
import { UsageError } from '@mamba-ts/core/errors';
import { CellError, numberReader, requireUnique, type Table, type TableRow } from '@mamba-ts/core/table';
import { type Clock, clockOf } from './clockColumn.ts';
import { namesId, namesTime, namesValue } from './columnNames.ts';
import { Categories, type SeriesColumn } from './seriesColumn.ts';
import { type Time, timeIn } from './timeColumn.ts';
import type { TimeFormat } from './timeFormats.ts';
import type { TimeTableOptions } from './timeTableTypes.ts';

export interface Layout {
  readonly table: Table<'time'>;
  readonly time?: SeriesColumn;
  readonly format?: TimeFormat;
  /** A second column with the hour, or the time of day, of the dates in `time`. */
  readonly clock?: Clock;
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
  const clock = time && options.time === undefined ? clockOf(table, time, free) : undefined;
  const isTime = (column: SeriesColumn) => column === time?.column || column.at === clock?.column.at;
  const isFree = (column: SeriesColumn) => free(column) && !isTime(column);
  const ids = named(options.id) ?? idsIn(table, time, clock, isFree, (named(options.value) ?? []).length > 0);
  const left = columns.filter((column) => isFree(column) && !ids.includes(column));
  const values = named(options.value) ?? valuesIn(left, ids, table);
  // The name of a column is the name of its series.
  requireUnique(name, names(columns), names(values));
  const used = [time?.column, clock?.column, ...ids, ...values, ...known, ...past].map((column) => column?.at);
  const ignored = columns.filter(({ at }) => !used.includes(at));
  return {
    table,
    ...(time && { time: time.column, format: clock ? { ...time.format, ...clock.format } : time.format }),
    ...(clock && { clock }),
    ids,
    values,
    known,
    past,
    ignored,
    leftOut: { totals: 0 },
  };
}

const names = (columns: readonly SeriesColumn[]): string[] => columns.map((column) => column.name);

/** `hasValue`: whether the user has named the columns of values. */
function idsIn(
  { sample: rows, columns }: Table<'time'>,
  time: Time | undefined,
  clock: Clock | undefined,
  free: (column: SeriesColumn) => boolean,
  hasValue: boolean,
): SeriesColumn[] {
  const left = columns.filter(free);
  const texts = byName(left.filter(({ kind }) => kind === 'text'));
  const numbers = byName(left.filter(({ kind }) => kind === 'number'));
  const timeOf = (row: TableRow) =>
    time ? [row.fields[time.column.at], clock ? row.fields[clock.column.at] : ''].join(' ') : undefined;
  if (rows.length < 2) return texts.slice(0, 1);
  if (!time) return texts.filter((column) => standsInBlocks(rows, column.at)).slice(0, 1);
  if (new Set(rows.map(timeOf)).size === rows.length) {
    // Either one series so far, and others begin below; or several series, of which no two share a time.
    const { column, format } = time;
    const instants = rows.map(
      ({ fields }) =>
        (format.read(fields[column.at])?.time ?? Number.NaN) + (clock ? (clock.read(fields[clock.column.at]) ?? 0) : 0),
    );
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

function valuesIn(left: readonly SeriesColumn[], ids: readonly SeriesColumn[], table: Table<'time'>): SeriesColumn[] {
  const { name, sample } = table;
  const all = left.filter(({ kind }) => kind === 'number');
  const counted = all.filter((column) => !isRowNumber(column, sample.length));
  const numbers = counted.length > 0 ? counted : all;
  const found = numbers.filter((column) => !namesTime(column) || numbers.length === 1);
  const spoilt = left.find((column) => column.kind === 'text' && namesValue(column) && isMostlyNumbers(column));
  if (spoilt) throw notNumbers(spoilt, table);
  const called = found.filter(namesValue);
  if (found.length > 0 && (ids.length === 0 || found.length === 1)) {
    return called.length === 1 && /^(y|value|target)$/i.test(called[0].name) ? called : found;
  }
  if (called.length === 1) return called;
  const quoted = (columns: readonly SeriesColumn[]) => columns.map((column) => JSON.stringify(column.name)).join(', ');
  if (found.length === 0) {
    const partly = left.find((column) => column.kind === 'text' && column.fields.some(isNumber));
    if (partly) throw notNumbers(partly, table);
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

const READERS = (['.', ','] as const).map((decimal) => numberReader({ decimal }));
const isNumber = (field: string): boolean => READERS.some((read) => read(field) !== undefined);
const isMostlyNumbers = ({ fields }: SeriesColumn): boolean => 2 * fields.filter(isNumber).length >= fields.length;

/** Names the first field that is no number, of a column that has numbers. */
function notNumbers(column: SeriesColumn, { name, sample, decimal }: Table<'time'>): CellError {
  const read = numberReader({ decimal });
  const isBad = (row: TableRow) => {
    const field = row.fields[column.at];
    return field !== '' && read(field) === undefined;
  };
  const row = sample.find((one) => isBad(one) && !isNumber(one.fields[column.at])) ?? sample.find(isBad);
  const field = row?.fields[column.at] ?? '';
  const advice = isNumber(field)
    ? `If its decimal mark is '${decimal === '.' ? ',' : '.'}', say so (decimal), or write all of the column in one unit.`
    : 'Fix it, leave it empty where it is missing, say what stands for a missing value (missing), or name the columns to read (value).';
  return new CellError(
    { table: name, line: row?.line ?? 0, column: column.name },
    `has ${JSON.stringify(field.slice(0, 40))}, expected a number, as others of the column are`,
    advice,
  );
}
