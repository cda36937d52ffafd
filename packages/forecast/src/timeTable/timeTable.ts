/**
 * From a table to series with times.
 *
 *   const table = await openTimeTable('sales.csv');                       // or { text }, or { bytes }
 *   for await (const { id, values, axis, seasons } of table.series())
 *     console.log(id, values.length, axis.label(values.length), seasons);  // the first time of the future
 *
 * The columns, the frequency and the seasons are found; what can't be known is asked for, and what was done to a
 * series is in its `facts`. Missing steps are NaN.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { headOf } from './columns.ts';
import { type Frequency, parseFrequency } from './frequency.ts';
import { openFuture, sharedNames } from './future.ts';
import { alternates, seriesRowsOf } from './groups.ts';
import { type Layout, layoutOf } from './layout.ts';
import { openRows, type Reading } from './reading.ts';
import { seriesIn } from './seriesOf.ts';
import type { TableLayout, TableSeries, TableSource, TimeTable, TimeTableOptions } from './types.ts';

export async function openTimeTable(source: TableSource, options: TimeTableOptions = {}): Promise<TimeTable> {
  const frequency = options.frequency === undefined ? undefined : parseFrequency(options.frequency);
  const reading = await openRows(source, options.separator);
  try {
    return await opened(reading, options, frequency);
  } catch (error) {
    await reading.close();
    throw error;
  }
}

async function opened(
  reading: Reading,
  options: TimeTableOptions,
  frequency: Frequency | undefined,
): Promise<TimeTable> {
  const { name } = reading;
  const head = headOf(reading.first, name, reading.separator, options);
  if (head.rows.length === 0) {
    throw new UsageError(
      'data',
      `${name} has no rows below the names of its columns. Check that it is the right file.`,
    );
  }
  const future = options.future === undefined ? undefined : await openFuture(options.future, options);
  const layout = layoutOf(head, name, await withKnown(options, head, name, future));
  const ahead = future && (await future.rowsOf(layout));
  const groups = seriesRowsOf(reading.rows(), layout, name, options.interleaved ?? alternates(layout));
  const skipped: string[] = [];
  let usual: Frequency | undefined;
  async function* all(): AsyncGenerator<TableSeries> {
    for await (const rows of groups) {
      const context = { name, layout, frequency, usual, duplicates: options.duplicates };
      const found = seriesIn(rows, { ...context, ahead: ahead?.get(rows.id), aheadName: future?.name ?? name });
      skipped.push(...found.skipped);
      for (const one of found.series) {
        usual ??= one.axis.frequency;
        yield one;
      }
    }
  }
  const series = all();
  const first = await series.next();
  if (first.done) {
    throw new UsageError(
      'data',
      `${name} has no values in ${layout.values.map((one) => JSON.stringify(one.name)).join(', ')}, ` +
        'expected numbers. Name the column to forecast (value).',
    );
  }
  return {
    layout: described(layout, name),
    first: first.value,
    frequency: first.value.axis.frequency,
    skipped,
    progress: reading.progress,
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

/** Without names, what the future has is known ahead, save the values themselves. */
async function withKnown(
  options: TimeTableOptions,
  head: ReturnType<typeof headOf>,
  name: string,
  future: Awaited<ReturnType<typeof openFuture>> | undefined,
): Promise<TimeTableOptions> {
  if (!future || options.known) return options;
  const others = head.columns.map((column) => column.name);
  const special = [options.time, ...(options.value ?? []), ...(options.id ?? []), ...(options.past ?? [])];
  const names = sharedNames(future, others).filter((one) => !special.includes(one));
  const found = layoutOf(head, name, { ...options, value: options.value ?? names.slice(0, 0) });
  const structural = [found.time, ...found.ids].map((column) => column?.name);
  const known = names.filter((one) => !structural.includes(one));
  if (known.length > 0) return { ...options, known };
  throw new UsageError(
    'data',
    `${future.name} has no column beside times and ids that ${name} has too, expected what is known ahead, ` +
      'with the same names of columns.',
  );
}

function described({ head, time, format, ids, values, known, past, ignored }: Layout, name: string): TableLayout {
  const names = (columns: readonly { name: string }[]) => columns.map((column) => column.name);
  return {
    name,
    shape: ids.length > 0 ? 'long' : values.length > 1 ? 'wide' : 'single',
    ...(time && { time: time.name, timeFormat: format?.name }),
    isNamed: head.columns.some(({ isNamed }) => isNamed),
    ids: names(ids),
    values: names(values),
    known: names(known),
    past: names(past),
    ignored: names(ignored.filter(({ kind, isNamed }) => kind !== 'empty' || isNamed)),
  };
}
