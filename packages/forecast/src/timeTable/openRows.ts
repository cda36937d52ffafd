/** A table opened for its series: its columns are numbers, times, texts or empty. */

import { UsageError } from '@mamba-ts/core/errors';
import { openTable, type Table, type TableRow, type TableSource } from '@mamba-ts/core/table';
import { LARGEST } from './largest.ts';
import { formatOf } from './timeFormats.ts';
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
    requireTimesBelow(firstRow, name);
    return table;
  } catch (error) {
    await table.close();
    throw error;
  }
}

/** Refuses a table with a series in each row: its numbers would be read as series of their columns. */
function requireTimesBelow({ fields }: TableRow, name: string): void {
  const [first, ...rest] = fields;
  const isTime = (field: string) =>
    /^(1[5-9]|2[01])\d\d$/.test(field) ||
    formatOf([field], { anyDigits: false, order: 'dmy', where: name }) !== undefined;
  if (rest.length < 3 || isTime(first) || /\d/.test(first)) return;
  if (!rest.every((field, i) => isTime(field) && (i === 0 || field !== rest[i - 1]))) return;
  throw new UsageError(
    'data',
    `${name} has times in its first row (${rest[0]}, ${rest[1]} …), a series in each row, expected times below ` +
      'each other. Turn the table: rows to columns.',
  );
}
