/** Series of a table in batches that can be forecast in one call: consecutive series of the same seasons. */
import type { TableSeries } from './timeTableTypes.ts';

/** Consecutive series of the same seasons. */
export interface SeriesBatch {
  readonly series: readonly TableSeries[];
  /** Their seasons in steps; empty where the calendar gives none. */
  readonly seasons: readonly number[];
}

/**
 * The series in the order of the table, in batches of at most `size`.
 *
 * @example
 * for await (const { series, seasons } of seriesBatches(table.series(), 64)) …
 */
export async function* seriesBatches(series: AsyncIterable<TableSeries>, size = 256): AsyncGenerator<SeriesBatch> {
  let batch: TableSeries[] = [];
  let key = '';
  for await (const item of series) {
    const next = item.seasons.join();
    if (batch.length > 0 && (batch.length >= size || next !== key)) {
      yield { series: batch, seasons: batch[0].seasons };
      batch = [];
    }
    key = next;
    batch.push(item);
  }
  if (batch.length > 0) yield { series: batch, seasons: batch[0].seasons };
}
