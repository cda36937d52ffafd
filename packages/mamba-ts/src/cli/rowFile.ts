/** Rows to a file as they come: CSV or JSON, by its ending. */

import { extname } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { writeFile } from './textFile.ts';

export type Cell = string | number | boolean;
/** By column; all rows of a file have the same ones. */
export type Row = Readonly<Record<string, Cell>>;

/** Enough for the readings of a meter, without rounding errors of floating point. */
const DIGITS = 12;

/** Refuses an ending that can't be written, before anything is read. */
export function requireRowFile(flag: string, path: string | undefined): void {
  if (path === undefined || ['.csv', '.json'].includes(extname(path))) return;
  throw new UsageError('', `${flag} ${path} ends in ${extname(path) || 'nothing'}, expected .csv or .json.`);
}

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
  let before = '[\n';
  for await (const row of rows) {
    const cells = Object.entries(row).map(([column, cell]) => [
      column,
      typeof cell === 'number' ? shorter(cell) : cell,
    ]);
    yield `${before}${JSON.stringify(Object.fromEntries(cells))}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** RFC 4180; what is not defined is empty. */
export function csvField(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(shorter(cell)) : '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const shorter = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
