/** Series of a table in batches that can be forecast in one call: neighbours with the same seasons. */
import type { TableSeries } from './types.ts';

export interface SeriesBatch {
  readonly series: readonly TableSeries[];
  /** Their seasons; empty where the calendar says nothing. */
  readonly seasons: readonly number[];
}

/** In the order of the table, each of at most `size` series. */
export async function* seriesBatches(series: AsyncIterable<TableSeries>, size = 256): AsyncGenerator<SeriesBatch> {
  let batch: TableSeries[] = [];
  let key = '';
  for await (const one of series) {
    const next = one.seasons.join();
    if (batch.length > 0 && (batch.length >= size || next !== key)) {
      yield { series: batch, seasons: batch[0].seasons };
      batch = [];
    }
    key = next;
    batch.push(one);
  }
  if (batch.length > 0) yield { series: batch, seasons: batch[0].seasons };
}
