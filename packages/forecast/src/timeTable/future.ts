/** A second table, of what is known ahead: its columns by the names that the first one has. */
import { UsageError } from '@mamba-ts/core/errors';
import type { TimeAxis } from './axis.ts';
import { headOf } from './columns.ts';
import { seriesRowsOf } from './groups.ts';
import { columnNamed, type Layout } from './layout.ts';
import { openRows } from './reading.ts';
import type { Rows } from './rows.ts';
import type { TableSource, TimeTableOptions } from './types.ts';

export interface Future {
  readonly name: string;
  /** The columns it has, by name. */
  readonly names: readonly string[];
  /** Rows by id, their columns in the order of `known`, read as the first table says. */
  rowsOf(layout: Layout): Promise<Map<string, Rows>>;
}

export async function openFuture(source: TableSource, options: TimeTableOptions): Promise<Future> {
  const reading = await openRows(source, options.separator);
  const { name } = reading;
  const head = headOf(reading.first, name, reading.separator, options);
  const names = head.columns.filter(({ kind }) => kind === 'number' || kind === 'text').map((column) => column.name);
  return {
    name,
    names,
    async rowsOf(layout) {
      const own = (column: { name: string }) => columnNamed(head.columns, column.name, name);
      const time = layout.time && own(layout.time);
      const ids = layout.ids.map(own);
      // Texts have the numbers that the first table gave them.
      const known = layout.known.map((column) => ({ ...own(column), kinds: column.kinds }));
      const read: Layout = { head, time, format: layout.format, ids, values: [], known, past: [], ignored: [] };
      const found = new Map<string, Rows>();
      for await (const rows of seriesRowsOf(reading.rows(), read, name, true)) found.set(rows.id, rows);
      return found;
    },
  };
}

/** Puts the future's rows where they belong, from the step `end` on, and says how many steps there are in all. */
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
      throw new UsageError(
        'data',
        `${name}, line ${lines[i]} has a time between two steps of the series, expected e.g. ${next}. Mend it.`,
      );
    }
    return step;
  });
  for (const step of steps) last = Math.max(last, step);
  if (last - end > MOST_AHEAD) {
    throw new UsageError(
      'data',
      `${name} goes ${last - end} steps beyond the end of the series, expected at most ${MOST_AHEAD}. Mend its times.`,
    );
  }
  return { steps, last };
}

const MOST_AHEAD = 1_000_000;

/** Names in both tables that can be known ahead. */
export const sharedNames = (future: Future, others: readonly string[]): string[] =>
  others.filter((one) => future.names.includes(one));
