/** Rows to a file as they are computed: CSV or JSON, by the ending of the file. */

import { extname } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { csvText } from '@mamba-ts/core/table';
import { writeFile } from './textFile.ts';

/** The value of one column in one row. */
export type Cell = string | number | boolean;
/** Cells by column. All rows of a file have the same columns. */
export type Row = Readonly<Record<string, Cell>>;

/** Enough for the readings of a meter, without rounding errors of floating point. */
const DIGITS = 12;

/** Throws UsageError for an ending other than .csv and .json, before anything is read. */
export function requireRowFile(flag: string, path: string | undefined): void {
  if (path === undefined || ['.csv', '.json'].includes(extname(path))) return;
  throw new UsageError('', `${flag} ${path} ends in ${extname(path) || 'nothing'}, expected .csv or .json.`);
}

/** Writes rows as CSV or JSON, by the ending of the path. */
export async function writeRows(path: string, rows: AsyncIterable<Row> | Iterable<Row>): Promise<void> {
  await writeFile(path, extname(path) === '.csv' ? csvOf(rows) : jsonOf(rows));
}

async function* csvOf(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<string> {
  let columns: string[] | undefined;
  for await (const row of rows) {
    if (!columns) {
      columns = Object.keys(row);
      yield `${columns.map(csvField).join(',')}\n`;
    }
    yield `${columns.map((column) => csvField(row[column])).join(',')}\n`;
  }
}

async function* jsonOf(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const row of rows) {
    const cells = Object.entries(row).map(([column, cell]) => [
      column,
      typeof cell === 'number' ? rounded(cell) : cell,
    ]);
    yield `${separator}${JSON.stringify(Object.fromEntries(cells))}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

/** A field of CSV (RFC 4180); empty for a number that is not finite. */
export function csvField(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(rounded(cell)) : '';
  return csvText(String(cell));
}

const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
