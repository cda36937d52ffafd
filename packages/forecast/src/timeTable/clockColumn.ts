/**
 * The time of day in a column of its own, next to one of dates:
 *
 *   2024-01-01 | 14:30      2024-01-01 | 14      2024-01-01 | 1 … 24, hours by their end
 */
import { HOUR, MINUTE, SECOND } from '@mamba-ts/core/math';
import type { Table } from '@mamba-ts/core/table';
import { namesClock } from './columnNames.ts';
import type { SeriesColumn } from './seriesColumn.ts';
import type { Time } from './timeColumn.ts';
import type { TimeFormat } from './timeFormats.ts';
import type { TimeWriter } from './timeSpelling.ts';
import { two } from './wallClock.ts';

/** A column of times of day. */
export interface Clock {
  readonly column: SeriesColumn;
  /** Milliseconds from the beginning of the day; undefined for a field that is no time of day. */
  read(field: string): number | undefined;
  /** How both columns are written in one. */
  readonly format: Pick<TimeFormat, 'name' | 'style' | 'isLocal' | 'write'>;
}

const TIME_OF_DAY = /^(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.0+)?$/;

function timeOfDay(field: string): number | undefined {
  const [, hour, minute, second = '0'] = TIME_OF_DAY.exec(field) ?? [];
  if (hour === undefined || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return Number(hour) * HOUR + Number(minute) * MINUTE + Number(second) * SECOND;
}

const hourOfDay = (first: number) => (field: string) => {
  const hour = Number(field) - first;
  return /^\d{1,2}(?:\.0+)?$/.test(field) && hour >= 0 && hour < 24 + first ? hour * HOUR : undefined;
};

/** Dates that repeat, and a column of times of day or of hours that does not within a date. */
export function clockOf(table: Table<'time'>, time: Time, free: (column: SeriesColumn) => boolean): Clock | undefined {
  if (time.format.style !== 'date') return undefined;
  const { sample } = table;
  const dates = new Set(sample.map(({ fields }) => fields[time.column.at]));
  if (dates.size === sample.length) return undefined;
  for (const column of table.columns) {
    if (column === time.column || !free(column) || column.fields.length === 0) continue;
    const clock = readerOf(column);
    if (!clock) continue;
    const write: TimeWriter | undefined = time.format.write && writer(time.format.write, clock.write);
    const name = `${time.format.name}, with the ${clock.name} in ${JSON.stringify(column.name)}`;
    return { column, read: clock.read, format: { name, style: 'datetime', isLocal: true, ...(write && { write }) } };
  }
  return undefined;
}

interface ClockReader {
  readonly name: string;
  read(field: string): number | undefined;
  write(ms: number): string;
}

function readerOf(column: SeriesColumn): ClockReader | undefined {
  const { fields } = column;
  const isAll = (read: (field: string) => number | undefined) => fields.every((field) => read(field) !== undefined);
  const clock = (ms: number) => `${two(Math.floor(ms / HOUR))}:${two(Math.floor((ms % HOUR) / MINUTE))}`;
  if (isAll(timeOfDay)) {
    const hasSeconds = fields.every((field) => field.split(':').length === 3);
    return {
      name: 'time of day',
      read: timeOfDay,
      write: (ms) => `${clock(ms)}${hasSeconds ? `:${two(Math.floor((ms % MINUTE) / SECOND))}` : ''}`,
    };
  }
  if (!namesClock(column)) return undefined;
  const hours = fields.map(Number);
  // 1 to 24 number the hours of a day; 24 as the hour after 23 would be the next day.
  const first = Math.min(...hours) === 1 && Math.max(...hours) === 24 ? 1 : 0;
  const read = hourOfDay(first);
  return isAll(read) ? { name: first === 1 ? 'hour, from 1 to 24,' : 'hour', read, write: clock } : undefined;
}

const writer =
  (date: TimeWriter, clock: (ms: number) => string): TimeWriter =>
  (time, offset) => {
    const day = Math.floor(time / (24 * HOUR)) * 24 * HOUR;
    const written = date(day, offset);
    return written === undefined ? undefined : `${written} ${clock(time - day)}`;
  };
