/**
 * Which values of a series the model reads, and when the series is normalized again.
 *
 * The model reads the last 4,096 values, and of long series the last 1,024 once more: the mean of both forecasts has
 * smaller errors than either. Level, scale, seasons and roughness (`Normalization`) are measured at
 * re-normalisation points, a sixteenth to an eighth of the length apart; between two of them the state of the
 * model is carried on. So a stream does a bounded amount of work for each value, and its forecast equals the
 * forecast of the whole series in one call: both depend on the number of values alone.
 */

/** Values of a patch: what one step of the model reads, and what it forecasts. */
export const PATCH = 16;
/** Values that are read, plus less than one re-normalisation interval. */
export const CONTEXT = 4096;
const SHORT_CONTEXT = 1024;
/** Re-normalisation points of a full window. */
const RENORMALIZATIONS = 16;
/** Seasons that the short window has to hold. */
const SHORT_SEASONS = 3;

/** The values of a series that are read. */
export interface Span {
  /** Index of the first value that is read. */
  start: number;
  /** The last re-normalisation point: the normalization is that of the values [start, normalizedTo). */
  normalizedTo: number;
}

/** The short span that is read as well; undefined where the series is short, or a season of `season` steps long. */
export function shortSpanOf(count: number, season: number): Span | undefined {
  if (count < 1.25 * SHORT_CONTEXT || SHORT_SEASONS * season > SHORT_CONTEXT) return undefined;
  return spanOf(count, SHORT_CONTEXT);
}

/** The span that is read of a series of `count` values. */
export function spanOf(count: number, context = CONTEXT): Span {
  if (count > context) {
    const interval = context / RENORMALIZATIONS;
    const normalizedTo = Math.floor(count / interval) * interval;
    return { start: normalizedTo - context, normalizedTo };
  }
  const interval = count < 64 ? 1 : 2 ** (Math.floor(Math.log2(count)) - 3);
  return { start: 0, normalizedTo: Math.floor(count / interval) * interval };
}
