/**
 * A table to series with times.
 *
 *   rows of @mamba-ts/core/table → the use of each column (layout.ts) → rows by series (rowsOfSeries.ts)
 *     → steps of an even axis (grid.ts) → values, NaN where a step is missing (seriesOf.ts)
 */
import { UsageError } from '@mamba-ts/core/errors';
import { complete } from '@mamba-ts/core/schema';
import { alternates, type Table, type TableSource } from '@mamba-ts/core/table';
import { type Frequency, parseFrequency } from './frequency.ts';
import { type Future, openFuture } from './future.ts';
import { type Layout, layoutOf } from './layout.ts';
import { openRows } from './openRows.ts';
import { rowsOfSeries } from './rowsOfSeries.ts';
import { seriesIn } from './seriesOf.ts';
import { tableFields } from './tableFields.ts';
import type { TableLayout, TableSeries, TimeTable, TimeTableOptions } from './timeTableTypes.ts';

/**
 * Opens a table of series: CSV or TSV, plain or gzip, long, wide or a single series.
 *
 * Columns, frequency and seasons are found in the first 1000 rows. What cannot be found is refused with the option that
 * says it; what was done to a series is in its `facts`.
 *
 * @param source a path (Node), '-' for the standard input, `{ text }` or `{ bytes }`
 * @throws FieldError for an unknown option, or one of a wrong value
 * @throws UsageError where the table has no times or values to find, or its times are not evenly apart
 * @throws CellError for a cell that is no number or no time
 * @example
 * const table = await openTimeTable('sales.csv');
 * for await (const { id, values, axis, seasons } of table.series())
 *   console.log(id, values.length, axis.label(values.length), seasons);    // the first time of the future
 */
export async function openTimeTable(source: TableSource, options: TimeTableOptions = {}): Promise<TimeTable> {
  complete('openTimeTable', tableFields, options, ['future']);
  const frequency = options.frequency === undefined ? undefined : parseFrequency(options.frequency);
  const table = await openRows(source, options);
  let future: Future | undefined;
  try {
    future = options.future === undefined ? undefined : await openFuture(options.future, options);
    return await opened(table, future, options, frequency);
  } catch (error) {
    await future?.close();
    await table.close();
    throw error;
  }
}

async function opened(
  table: Table<'time'>,
  future: Future | undefined,
  options: TimeTableOptions,
  frequency: Frequency | undefined,
): Promise<TimeTable> {
  const { name, sample } = table;
  if (sample.length === 0) {
    throw new UsageError(
      'data',
      `${name} has no rows below the names of its columns. Check that it is the right file.`,
    );
  }
  const layout = layoutOf(table, withKnown(options, table, future));
  const ahead = future && (await future.rowsOf(layout));
  const groups = rowsOfSeries(layout, options.interleaved ?? alternates(sample, layout.ids));
  const skipped: string[] = [];
  let usual: Frequency | undefined;
  async function* all(): AsyncGenerator<TableSeries> {
    for await (const rows of groups) {
      const context = { name, layout, frequency, usual, duplicates: options.duplicates };
      const found = seriesIn(rows, { ...context, ahead: ahead?.get(rows.key), aheadName: future?.name ?? name });
      skipped.push(...found.skipped);
      for (const item of found.series) {
        usual ??= item.axis.frequency;
        yield item;
      }
    }
  }
  const series = all();
  const first = await series.next();
  if (first.done) {
    throw new UsageError(
      'data',
      `${name} has no values in ${layout.values.map((column) => JSON.stringify(column.name)).join(', ')}, ` +
        'expected numbers. Name the column to forecast (value).',
    );
  }
  return {
    layout: described(layout),
    first: first.value,
    frequency: first.value.axis.frequency,
    skipped,
    get totals() {
      return layout.leftOut.totals;
    },
    encoding: () => table.encoding(),
    progress: () => table.progress(),
    async *series() {
      try {
        yield first.value;
        yield* series;
      } finally {
        await series.return(undefined);
      }
    },
  };
}

/** Default of `known`: all columns that the future has too, except times, ids and values. */
function withKnown(options: TimeTableOptions, table: Table<'time'>, future: Future | undefined): TimeTableOptions {
  if (!future || options.known) return options;
  const special = [options.time, ...(options.value ?? []), ...(options.id ?? []), ...(options.past ?? [])];
  const names = table.columns
    .map((column) => column.name)
    .filter((name) => future.names.includes(name) && !special.includes(name));
  const { time, ids } = layoutOf(table, { ...options, value: options.value ?? [] });
  const structural = [time, ...ids].map((column) => column?.name);
  const known = names.filter((name) => !structural.includes(name));
  if (known.length > 0) return { ...options, known };
  throw new UsageError(
    'data',
    `${future.name} has no column except times and ids that ${table.name} has too, expected what is known ahead, ` +
      'with the same names of columns.',
  );
}

function described({ table, time, format, ids, values, known, past, ignored }: Layout): TableLayout {
  const names = (columns: readonly { name: string }[]) => columns.map((column) => column.name);
  return {
    name: table.name,
    shape: ids.length > 0 ? 'long' : values.length > 1 ? 'wide' : 'single',
    ...(time && { time: time.name, timeFormat: format?.name }),
    isNamed: table.columns.some(({ isNamed }) => isNamed),
    preamble: table.preamble,
    ids: names(ids),
    values: names(values),
    known: names(known),
    past: names(past),
    ignored: names(ignored.filter(({ kind, isNamed }) => kind !== 'empty' || isNamed)),
  };
}
