/** A second table with what is known ahead: its columns have the names of the first table's. */
import { UsageError } from '@mamba-ts/core/errors';
import { CellError, type Table, type TableSource } from '@mamba-ts/core/table';
import type { TimeAxis } from './axis.ts';
import type { Layout } from './layout.ts';
import { openRows } from './openRows.ts';
import type { Rows } from './rows.ts';
import { rowsOfSeries } from './rowsOfSeries.ts';
import type { TimeTableOptions } from './timeTableTypes.ts';

export interface Future {
  readonly name: string;
  /** The columns that may be known ahead, by name. */
  readonly names: readonly string[];
  /** Rows by the key of their series, their columns in the order of `known`, read as the first table is. */
  rowsOf(layout: Layout): Promise<Map<string, Rows>>;
  close(): Promise<void>;
}

export async function openFuture(source: TableSource, options: TimeTableOptions): Promise<Future> {
  const table: Table<'time'> = await openRows(source, options);
  return {
    name: table.name,
    names: table.columns.filter(({ kind }) => kind === 'number' || kind === 'text').map(({ name }) => name),
    close: () => table.close(),
    async rowsOf({ format, time, clock, ids, known }) {
      const here = (columns: readonly { name: string }[]) => table.named(columns.map(({ name }) => name));
      const read: Layout = {
        table,
        time: time && here([time])[0],
        format,
        clock: clock && { ...clock, column: here([clock.column])[0] },
        ids: here(ids),
        values: [],
        // Texts have the codes that the first table gave them.
        known: here(known).map((column, i) => ({ ...column, categories: known[i].categories })),
        past: [],
        ignored: [],
        leftOut: { totals: 0 },
      };
      const found = new Map<string, Rows>();
      for await (const rows of rowsOfSeries(read, true)) found.set(rows.key, rows);
      return found;
    },
  };
}

/** The steps of the rows of the future, and the last step of all; the past ends at the step `end`. */
export function placeAhead(
  rows: Rows | undefined,
  axis: TimeAxis,
  end: number,
  hasTimes: boolean,
  name: string,
): { steps: Float64Array; last: number } {
  if (!rows) return { steps: new Float64Array(), last: end - 1 };
  const { times, lines, offsets } = rows;
  let last = end - 1;
  const steps = Float64Array.from({ length: rows.length }, (_, i) => {
    if (!hasTimes) return end + i;
    const local = times[i] + (offsets && axis.offset !== undefined ? (axis.offset - offsets[i]) * 60_000 : 0);
    const step = axis.stepOf(local);
    if (!Number.isInteger(step)) {
      const next = axis.label(Math.max(end, Math.ceil(step)));
      throw new CellError(
        { table: name, line: lines[i] },
        `has a time between two steps of the series, expected e.g. ${next}`,
        'Fix the time.',
      );
    }
    return step;
  });
  for (const step of steps) last = Math.max(last, step);
  if (last - end > MOST_AHEAD) {
    throw new UsageError(
      'data',
      `${name} reaches ${last - end} steps beyond the end of the series, expected at most ${MOST_AHEAD}. Fix its times.`,
    );
  }
  return { steps, last };
}

const MOST_AHEAD = 1_000_000;
