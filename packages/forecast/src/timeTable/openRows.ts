/** A table opened for its series: its columns are numbers, times, texts or empty. */

import { UsageError } from '@mamba-ts/core/errors';
import { openTable, type Table, type TableRow, type TableSource } from '@mamba-ts/core/table';
import { formatOf } from './formatOf.ts';
import { LARGEST } from './largest.ts';
import type { TimeTableOptions } from './timeTableTypes.ts';

/** @throws UsageError where the table is empty, or has its times in its first row */
export async function openRows(source: TableSource, options: TimeTableOptions): Promise<Table<'time'>> {
  const { header, separator, decimal, missing, dates = 'dmy' } = options;
  const named = typeof source === 'string' ? source : { ...source, name: source.name ?? 'the table' };
  const table = await openTable<'time'>(named, {
    header,
    separator,
    decimal,
    missing,
    largest: LARGEST,
    // The order of day and month matters once the column is known to be the one of times.
    kinds: { time: (fields) => formatOf(fields, { anyDigits: false, order: dates, where: '' }) !== undefined },
    advice: 'Fix it, leave it empty where it is missing, or name the columns to read (value).',
  });
  try {
    const { name, firstRow } = table;
    if (!firstRow) {
      throw new UsageError(
        'data',
        `${name} is empty, expected rows of times and values. Check that it is the right file.`,
      );
    }
    requireTimesBelow(table);
    return table;
  } catch (error) {
    await table.close();
    throw error;
  }
}

/** Fewer names of columns may be times by chance. */
const FEWEST_TIMES = 3;

/**
 * Refuses a table with a series in each row, whose times stand in the first row, behind what names the series: its
 * numbers would be read as series of their columns.
 */
function requireTimesBelow({ columns, sample, firstRow, name }: Table<'time'>): void {
  const fields = firstRow?.fields ?? [];
  const isTime = (field: string) =>
    /^(1[5-9]|2[01])\d\d$/.test(field) ||
    formatOf([field], { anyDigits: false, order: 'dmy', where: name }) !== undefined ||
    formatOf([field], { anyDigits: false, order: 'mdy', where: name }) !== undefined;
  let from = fields.length;
  while (from > 0 && isTime(fields[from - 1]) && fields[from - 1] !== fields[from]) from--;
  if (from === fields.length) from = numberedFrom(fields);
  const leading = columns.slice(0, from);
  if (fields.length - from < FEWEST_TIMES || leading.length === 0 || /^\d/.test(fields[0])) return;
  // Series next to each other have times below each other, or no texts that differ from row to row.
  const names = leading.filter(({ kind }) => kind === 'text');
  const isNumbered = !isTime(fields[from]);
  if (leading.some(({ kind }) => kind === 'time')) return;
  if (isNumbered && (names.length === 0 || !areDifferent(sample, names))) return;
  throw new UsageError(
    'data',
    `${name} has times in its first row (${fields[from]}, ${fields[from + 1]} …), a series in each row, expected times ` +
      'below each other. Turn the table: a row for each series and time (pandas: melt, R: pivot_longer).',
  );
}

/** Where columns begin that are numbered to the end: d_1, d_2, d_3. */
function numberedFrom(fields: readonly string[]): number {
  const last = /^(.*?\D)(\d+)$/.exec(fields[fields.length - 1] ?? '');
  let from = fields.length;
  if (!last) return from;
  while (from > 0 && fields[from - 1] === `${last[1]}${Number(last[2]) - (fields.length - from)}`) from--;
  return from;
}

const areDifferent = (rows: readonly TableRow[], columns: readonly { at: number }[]): boolean =>
  new Set(rows.map(({ fields }) => columns.map(({ at }) => fields[at]).join('\0'))).size === rows.length;
