/** Where the series of a training batch come from: the user's own series here, synthetic ones in syntheticSeries.ts. */
import type { Random } from '@mamba-ts/core/random';

export interface DrawnSeries {
  /** NaN where missing. */
  readonly values: ArrayLike<number>;
  /** The true season in steps, which a user may or may not know. */
  readonly season?: number;
  /** The seasons that the user says the series has. Default: drawn from `season`. */
  readonly given?: readonly number[];
}

/** Draws a series of at most `length` values. */
export type SeriesSource = (random: Random, length: number) => DrawnSeries;

/** Pieces of the given series, without their last `horizon` values. Longer series are drawn more often. */
export function ownSeries(series: readonly Float64Array[], horizon: number, seasons?: readonly number[]): SeriesSource {
  const lengths = series.map(({ length }) => length - horizon);
  const total = lengths.reduce((sum, n) => sum + n, 0);
  return (random, length) => {
    let place = random.uniform() * total;
    let i = 0;
    while (i < series.length - 1 && place >= lengths[i]) place -= lengths[i++];
    const n = Math.min(length, lengths[i]);
    const begin = random.int(lengths[i] - n + 1);
    return { values: series[i].subarray(begin, begin + n), given: seasons };
  };
}
