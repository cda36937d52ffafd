/** What every baseline needs of a series: its values, its gaps closed, its season. */
import { findSeasons } from '../model/seasons.ts';

/** Says something that the reader of a result should know: 'ets: fewer than 8 values, seasonal naive instead'. */
export type Note = (text: string) => void;

/** Gaps as straight lines between their neighbours; at the ends the nearest value. */
export function withoutGaps(values: Float64Array): Float64Array {
  const y = values.slice();
  let before = -1;
  for (let t = 0; t <= y.length; t++) {
    if (t < y.length && Number.isNaN(y[t])) continue;
    const to = t < y.length ? y[t] : y[before];
    const from = before >= 0 ? y[before] : to;
    for (let i = before + 1; i < t; i++) y[i] = from + ((to - from) * (i - before)) / (t - before);
    before = t;
  }
  return y;
}

/** Steps of the shortest season: as given, or as found in the values; 1: none. */
export function seasonOf(values: Float64Array, given: readonly number[] | undefined): number {
  if (given !== undefined) return given[0] ?? 1;
  return findSeasons(withoutGaps(values)).first;
}

/** The last value that there is. */
export function lastOf(values: Float64Array): number {
  return values[values.findLastIndex((x) => !Number.isNaN(x))];
}
