/**
 * Rows by series. Rows of one id that stand together are given as soon as the next id begins, so a table of any length
 * needs the memory of its longest series; where ids alternate, all are held, as numbers.
 */

import type { CsvRow } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { isEmpty } from './columns.ts';
import type { Layout } from './layout.ts';
import { isMissing, isTooLarge, notNumber, tableNumbers } from './numbers.ts';
import { raggedRow } from './reading.ts';
import { Rows } from './rows.ts';

const NONE = Number.NaN;

/** The columns whose numbers are kept, in the order of `Rows.column`. */
export const numbersOf = ({ values, known, past }: Layout) => [...values, ...known, ...past];

export async function* seriesRowsOf(
  rows: AsyncIterable<CsvRow>,
  layout: Layout,
  name: string,
  isInterleaved: boolean,
): AsyncGenerator<Rows> {
  const { head, ids } = layout;
  const columns = numbersOf(layout);
  const read = rowReader(layout, name);
  const open = new Map<string, Rows>();
  const ended = new Set<string>();
  const numbers = new Array<number>(columns.length).fill(0);
  const header = head.rows[0] ?? { line: Number.POSITIVE_INFINITY };
  const width = head.columns.length;
  let current: Rows | undefined;
  let before = header.line - 1;
  for await (const row of rows) {
    if (row.line < header.line) continue;
    if (row.fields.length !== width) throw raggedRow(name, row, width);
    // Spreadsheets end with rows of nothing; where rows are a step apart, they are missing ones.
    if (layout.time && isEmpty(row)) continue;
    const id = ids.length === 1 ? row.fields[ids[0].at] : ids.map(({ at }) => row.fields[at]).join('/');
    if (current?.id !== id) {
      if (current && !isInterleaved) {
        yield current;
        ended.add(current.id);
        open.clear();
      }
      if (ended.has(id)) throw scattered(id, row.line, name);
      const without = ids.find(({ at }) => row.fields[at] === '');
      if (without) throw noId(without.name, row.line, name);
      current = open.get(id) ?? new Rows(id, columns.length);
      open.set(id, current);
    }
    // An empty line of a single column is a missing value.
    if (width === 1) for (let line = before + 1; line < row.line; line++) current.push(line, NONE, NONE, [NONE]);
    before = row.line;
    const { time, offset } = read(row, numbers);
    current.push(row.line, time, offset, numbers);
  }
  yield* open.values();
}

/** Whether rows of different series alternate: ids come back, or change with each row. */
export function alternates({ head, ids }: Layout): boolean {
  if (ids.length === 0) return false;
  const keys = head.rows.map(({ fields }) => ids.map(({ at }) => fields[at]).join('/'));
  const blocks = keys.filter((key, i) => key !== keys[i - 1]).length;
  return blocks > new Set(keys).size || (blocks === keys.length && blocks > 1);
}

function rowReader({ head, time, format, ...layout }: Layout, name: string) {
  const columns = numbersOf({ head, ...layout });
  const number = tableNumbers(head.decimal);
  return (row: CsvRow, numbers: number[]): { time: number; offset: number } => {
    for (let i = 0; i < columns.length; i++) {
      const field = row.fields[columns[i].at];
      const { kinds } = columns[i];
      if (kinds) {
        numbers[i] = isMissing(field) ? Number.NaN : kinds.codeOf(field);
        continue;
      }
      const value = number(field);
      if (value === undefined || isTooLarge(value)) {
        throw notNumber(`${name}, line ${row.line}`, columns[i].name, field, head.decimal);
      }
      numbers[i] = value;
    }
    if (!time || !format) return { time: Number.NaN, offset: Number.NaN };
    const text = row.fields[time.at];
    const found = format.read(text);
    if (!found) throw notTime(`${name}, line ${row.line}`, time.name, text, format.name, time.fields[0]);
    return { time: found.time, offset: found.offset ?? Number.NaN };
  };
}

function notTime(where: string, column: string, text: string, kind: string, example: string): Error {
  const got = text === '' ? 'nothing' : JSON.stringify(text.slice(0, 40));
  const advice = kind.includes('first') ? `Mend it, or say the order (dates: 'dmy' or 'mdy').` : 'Mend it.';
  return new UsageError(
    'data',
    `${where}, column ${JSON.stringify(column)} has ${got}, expected ${kind} such as ${example}. ${advice}`,
  );
}

function noId(column: string, line: number, name: string): Error {
  return new UsageError(
    'data',
    `${name}, line ${line} has nothing in ${JSON.stringify(column)}, expected which series it belongs to. ` +
      'Mend the row, or name the columns that tell series apart (id).',
  );
}

function scattered(id: string, line: number, name: string): Error {
  return new UsageError(
    'data',
    `${name}, line ${line} has the series ${JSON.stringify(id)} again, after another one. ` +
      'Sort the table by its ids, or let all series be held in memory (interleaved).',
  );
}
