/**
 * Numeric series out of tables: rows of numbers, NaN where a value is missing.
 *
 *   const { values, length } = await readSeries('co2.csv', { columns: ['y'] });
 *   for await (const { values } of seriesRows(chunks, 'co2.csv', { columns: ['y'] })) …
 */
import { UsageError } from '../errors.ts';
import { type Column, NumberList, openTable, requireUnique, type Table, type TableOptions } from '../table/index.ts';
import type { TableSource } from '../table/tableSource.ts';

export interface SeriesOptions extends Pick<TableOptions, 'header' | 'separator' | 'decimal' | 'missing' | 'largest'> {
  /** By name, or by index from 0. A column without a name is 'column 0', 'column 1' …, by its index. Default: all. */
  readonly columns?: readonly (string | number)[];
}

export interface SeriesRow {
  /** The line of the file on which the row ends. The first is 1. */
  readonly line: number;
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** One number for each of `columns`. */
  readonly values: Float64Array;
}

export interface Series {
  /** What messages call it. */
  readonly name: string;
  readonly columns: readonly string[];
  /** The number of rows. */
  readonly length: number;
  /** (length, columns), NaN where a value is missing. */
  readonly values: Float64Array;
}

/**
 * The rows of a table of numbers as they are read, for a table of any length.
 *
 * @param text the text of the table, in chunks
 * @param name what messages call it
 * @throws CellError for a field that is no number, and for a row that has more or fewer fields than the first one
 * @example
 * for await (const { line, values } of data.seriesRows(chunks, 'co2.csv', { columns: ['y'] })) console.log(line, values[0]);
 */
export async function* seriesRows(
  text: AsyncIterable<string>,
  name: string,
  options: SeriesOptions = {},
): AsyncGenerator<SeriesRow> {
  const { table, columns } = await openSeries({ text, name }, options);
  const names = columns.map((column) => column.name);
  for await (const rows of table.rows()) {
    for (const row of rows) {
      yield {
        line: row.line,
        columns: names,
        values: Float64Array.from(columns, (column) => table.numberAt(row, column)),
      };
    }
  }
}

/**
 * A whole series in memory.
 *
 * @param from a path (Node), '-' for the standard input, `{ text }`, or `{ bytes }`; plain or gzip
 * @throws UsageError where there are no rows of numbers, or the columns are not there
 * @throws CellError for a field that is no number, and for a row that has more or fewer fields than the first one
 * @example
 * const { columns, length, values } = await data.readSeries('co2.csv', { columns: ['y'] });
 */
export async function readSeries(from: TableSource, options: SeriesOptions = {}): Promise<Series> {
  const { table, columns } = await openSeries(from, options);
  const values = new NumberList();
  for await (const rows of table.rows()) {
    for (const row of rows) for (const column of columns) values.push(table.numberAt(row, column));
  }
  if (values.length === 0) {
    throw new UsageError('data', `${table.name} has no rows of numbers. Check that it is the right file.`);
  }
  const { length } = values;
  return {
    name: table.name,
    columns: columns.map((column) => column.name),
    length: length / columns.length,
    values: values.values.slice(),
  };
}

async function openSeries(
  from: TableSource,
  { columns, ...options }: SeriesOptions,
): Promise<{ table: Table; columns: readonly Column[] }> {
  const table = await openTable(from, {
    ...options,
    numberedFrom: 0,
    advice: 'Choose columns of numbers (columns), or say what stands for a missing value (missing).',
  });
  try {
    return { table, columns: table.columns.length === 0 ? [] : columnsOf(table, columns) };
  } catch (error) {
    await table.close();
    throw error;
  }
}

function columnsOf(table: Table, wanted: SeriesOptions['columns']): readonly Column[] {
  const { name, columns } = table;
  const names = columns.map((column) => column.name);
  if (!wanted) {
    requireUnique(name, names, names);
    return columns;
  }
  if (wanted.length === 0) {
    throw new UsageError('data', `${name}: columns is empty, expected at least one name or index.`);
  }
  return wanted.map((one) => {
    if (typeof one === 'string') return table.named([one])[0];
    const found = Number.isInteger(one) ? columns[one] : undefined;
    if (found) return found;
    throw new UsageError(
      'data',
      `${name} has no column ${one}, expected a name or an index from 0 to ${columns.length - 1}.`,
    );
  });
}
