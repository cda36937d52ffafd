/** A table opened: its columns understood, its series to be read. */
import type { TableSource, TimeTable, TimeTableOptions } from './types.ts';

export async function openTimeTable(_source: TableSource, _options: TimeTableOptions = {}): Promise<TimeTable> {
  throw new Error('data: tables are not read yet.');
}
