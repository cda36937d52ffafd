/**
 * The rows of a table by series, as numbers. A series whose rows stand together is given when the next one begins, so a
 * table of any length needs the memory of its longest series; where series alternate, all are held.
 */
import { CellError, groupsOf, isEmptyRow, type TableRow } from '@mamba-ts/core/table';
import type { Clock } from './clockColumn.ts';
import type { Layout } from './layout.ts';
import { Rows } from './rows.ts';
import type { SeriesColumn } from './seriesColumn.ts';
import { isTotal } from './timeColumn.ts';

/** The columns whose numbers are kept, in the order of `Rows.column`. */
export const numberColumns = ({ values, known, past }: Layout): SeriesColumn[] => [...values, ...known, ...past];

/**
 * @throws CellError for a field that is no number or no time, a row without an id, and an id that comes back where
 *   `isInterleaved` is false
 */
export function rowsOfSeries(layout: Layout, isInterleaved: boolean): AsyncGenerator<Rows> {
  const { table, time, ids } = layout;
  const columns = numberColumns(layout);
  const numbers = new Array<number>(columns.length).fill(0);
  const timeOf = timeReader(layout);
  return groupsOf<Rows>(time ? filled(table.rows(), time, layout.leftOut) : table.rows(), {
    columns: ids,
    table: table.name,
    what: 'series',
    isInterleaved,
    advice: {
      unnamed: 'Fix the row, or name the columns that tell series apart (id).',
      scattered: 'Sort the table by its ids, or let all series be held in memory (interleaved).',
    },
    open: (id, key) => new Rows(id, columns.length, key),
    add(rows, row) {
      for (let i = 0; i < columns.length; i++) numbers[i] = numberIn(row, columns[i], layout);
      const { time: at, offset = Number.NaN } = timeOf(row);
      rows.push(row.line, at, offset, numbers);
    },
  });
}

/** Spreadsheets end with rows of nothing and of totals. Where rows have no times, such a row is a step without a value. */
async function* filled(
  batches: AsyncIterable<readonly TableRow[]>,
  { at }: SeriesColumn,
  leftOut: Layout['leftOut'],
): AsyncGenerator<readonly TableRow[]> {
  const isLeftOut = (row: TableRow) => {
    const total = isTotal(row.fields[at]);
    if (total) leftOut.totals++;
    return total || isEmptyRow(row);
  };
  for await (const rows of batches) {
    const kept = rows.filter((row) => !isLeftOut(row));
    yield kept.length < rows.length ? kept : rows;
  }
}

function numberIn(row: TableRow, column: SeriesColumn, { table }: Layout): number {
  const { categories, at } = column;
  if (!categories) return table.numberAt(row, column);
  return table.isMissing(row.fields[at]) ? Number.NaN : categories.codeOf(row.fields[at]);
}

const NO_TIME = { time: Number.NaN };

function timeReader({ table, time, format, clock }: Layout): (row: TableRow) => { time: number; offset?: number } {
  if (!time || !format) return () => NO_TIME;
  return (row) => {
    const text = row.fields[time.at];
    const found = format.read(text);
    if (found && !clock) return found;
    if (found && clock) return { time: found.time + timeOfDayIn(row, clock, table), offset: found.offset };
    const got = text === '' ? 'nothing' : JSON.stringify(text.slice(0, 40));
    throw new CellError(
      table.place(row, time),
      `has ${got}, expected ${format.name} such as ${time.fields[0]}`,
      format.name.includes('first') ? "Fix it, or name the order (dates: 'dmy' or 'mdy')." : 'Fix it.',
    );
  };
}

function timeOfDayIn(row: TableRow, { column, read }: Clock, table: Layout['table']): number {
  const found = read(row.fields[column.at]);
  if (found !== undefined) return found;
  throw new CellError(
    table.place(row, column),
    `has ${JSON.stringify(row.fields[column.at].slice(0, 40))}, expected a time of day such as ${column.fields[0]}`,
    'Fix it.',
  );
}
