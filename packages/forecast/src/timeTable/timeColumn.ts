/** The column of times: named by the user, else times that can be nothing else, else digits in a column called so. */
import { UsageError } from '@mamba-ts/core/errors';
import type { Table } from '@mamba-ts/core/table';
import { namesDate, namesPartOfYear, namesTime, namesWeek } from './columnNames.ts';
import { formatOf } from './formatOf.ts';
import type { SeriesColumn } from './seriesColumn.ts';
import type { TimeFormat } from './timeFormats.ts';
import type { TimeTableOptions } from './timeTableTypes.ts';

/** The column of times, and their format. */
export interface Time {
  column: SeriesColumn;
  format: TimeFormat;
}

/** @throws UsageError where a column is called a time and has none, or times stand in several columns */
export function timeIn(
  table: Table<'time'>,
  free: (column: SeriesColumn) => boolean,
  { time, dates }: TimeTableOptions,
): Time | undefined {
  if (time === 'none') return undefined;
  const { columns, name } = table;
  const formatIn = (column: SeriesColumn, anyDigits: boolean) =>
    formatOf(timesOf(column), {
      anyDigits,
      serials: namesDate(column),
      weeks: namesWeek(column),
      order: dates,
      where: `${name}, column ${JSON.stringify(column.name)}`,
    });
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
  const unread = columns.find(
    (column) =>
      free(column) &&
      ((column.kind === 'text' && namesTime(column)) ||
        (column.kind === 'number' && namesDate(column) && column.at === 0)),
  );
  if (unread) throw noTimes(unread, name);
  return undefined;
}

/** What a row of totals has in place of a time. */
export const isTotal = (field: string): boolean =>
  /^(?:(?:grand |sub)?totals?|sum|summe|gesamt(?:summe)?|insgesamt|somme|totale|totaal|suma|итого)[ :]*$/i.test(field);

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
