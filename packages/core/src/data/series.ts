/**
 * Numeric series out of CSV, row by row: `csv-parse` reads the fields, here they become numbers.
 *
 *   for await (const { values } of seriesRows(chunks, 'co2.csv', { columns: ['y'] })) …
 *   const { values, length } = await readSeries('co2.csv', { columns: ['y'] });
 *
 * A missing value is NaN. The library is loaded only when a series is.
 */
import { UsageError } from '../errors.ts';
import { gunzipped } from '../formats/gzip.ts';
import { type CsvRow, csvRows, type Separator } from './csv.ts';
import { chunksOf } from './files.ts';
import { chunksOfText } from './pieces.ts';
import { decodeUtf8 } from './utf8.ts';

export interface SeriesOptions {
  /** By name, or by index from 0. All of them if not given. */
  columns?: readonly (string | number)[];
  /** Whether the first row has names. If not given: whether a field of it is no number. */
  header?: boolean;
  /** If not given: which of , ; | and tab the first line has most of. */
  separator?: Separator;
  /** '.' if not given. */
  decimal?: '.' | ',';
  /** What stands for a missing value, in any case: '', NA, N/A, NaN, null and ? if not given. */
  missing?: readonly string[];
}

export interface SeriesRow {
  /** Where the row ends in the file, from 1. */
  readonly line: number;
  /** One for each column that was asked for. */
  readonly values: Float64Array;
}

export interface Series {
  readonly name: string;
  readonly columns: readonly string[];
  /** Rows. */
  readonly length: number;
  /** (length, columns) */
  readonly values: Float64Array;
}

/** What stands for a missing value, in lower case. */
export const MISSING: readonly string[] = ['', 'na', 'n/a', 'nan', 'null', '?'];
const NUMBER = { '.': /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, ',': /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i };

/** The rows of a CSV text. `name` is what an error calls it. */
export async function* seriesRows(
  text: AsyncIterable<string>,
  name: string,
  options: SeriesOptions = {},
): AsyncGenerator<SeriesRow & { columns: readonly string[] }> {
  const parse = parserOf(name, options);
  let columns: { names: string[]; indices: number[]; width: number } | undefined;
  for await (const row of csvRows(text, name, options.separator)) {
    if (!columns) {
      const isHeader = options.header ?? row.fields.some((field) => parse.number(field) === undefined);
      columns = columnsOf(row.fields, isHeader, options.columns, name);
      if (isHeader) continue;
    }
    const { names, indices, width } = columns;
    if (row.fields.length !== width) throw ragged(name, row, width);
    const values = Float64Array.from(indices, (at, i) => parse.field(row.fields[at], row.line, names[i]));
    yield { line: row.line, values, columns: names };
  }
}

/** A whole series in memory, from a path (Node; plain or gzip) or from a text. */
export async function readSeries(
  from: string | { text: string; name?: string },
  options: SeriesOptions = {},
): Promise<Series> {
  const name = typeof from === 'string' ? from : (from.name ?? 'the text');
  const text = typeof from === 'string' ? decodeUtf8(gunzipped(chunksOf(from), name), name) : chunksOfText(from.text);
  let columns: readonly string[] = [];
  const values: number[] = [];
  for await (const row of seriesRows(text, name, options)) {
    columns = row.columns;
    for (const value of row.values) values.push(value);
  }
  if (values.length === 0)
    throw new UsageError('data', `${name} has no rows of numbers. Check that it is the right file.`);
  return { name, columns, length: values.length / columns.length, values: Float64Array.from(values) };
}

function columnsOf(
  fields: readonly string[],
  isHeader: boolean,
  wanted: SeriesOptions['columns'],
  name: string,
): { names: string[]; indices: number[]; width: number } {
  const all = fields.map((field, i) => (isHeader && field !== '' ? field : `column ${i}`));
  const indices = (wanted ?? all.map((_, i) => i)).map((column) => {
    const at = typeof column === 'number' ? column : all.indexOf(column);
    if (Number.isInteger(at) && at >= 0 && at < all.length) return at;
    throw new UsageError(
      'data',
      `${name} has no column ${JSON.stringify(column)}, expected one of ` +
        `${all
          .slice(0, 12)
          .map((one) => JSON.stringify(one))
          .join(', ')}, or an index from 0 to ${all.length - 1}.`,
    );
  });
  if (indices.length === 0)
    throw new UsageError('data', `${name}: columns is empty, expected at least one name or index.`);
  return { names: indices.map((at) => all[at]), indices, width: fields.length };
}

/** Fields to numbers: NaN where one is missing, undefined where it is no number. */
export function numberReader(decimal: '.' | ',', missing = MISSING): (field: string) => number | undefined {
  const absent = new Set(missing.map((one) => one.toLowerCase()));
  return (field) => {
    if (absent.has(field.toLowerCase())) return Number.NaN;
    return NUMBER[decimal].test(field) ? Number(field.replace(',', '.')) : undefined;
  };
}

function parserOf(name: string, { decimal = '.', missing }: SeriesOptions) {
  const number = numberReader(decimal, missing);
  const field = (text: string, line: number, column: string): number => {
    const value = number(text);
    if (value !== undefined) return value;
    const other = decimal === '.' ? ',' : '.';
    const advice = NUMBER[other].test(text)
      ? `For numbers such as 1${other}5 set decimal to '${other}'.`
      : 'Choose columns of numbers (columns), or say what stands for a missing value (missing).';
    throw new UsageError(
      'data',
      `${name}, line ${line}, column ${JSON.stringify(column)} has ${JSON.stringify(text.slice(0, 40))}, ` +
        `expected a number. ${advice}`,
    );
  };
  return { number, field };
}

function ragged(name: string, { line, fields }: CsvRow, width: number): Error {
  return new UsageError(
    'data',
    `${name}, line ${line} has ${fields.length} fields, expected ${width}, as the first row has. ` +
      'Mend the row, or name the separator.',
  );
}
