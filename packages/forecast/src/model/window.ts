/**
 * Which values of a series the model reads, and when the series is normalized again.
 *
 * The model reads the last 4,096 values. Level, scale, seasons and roughness (`Normalization`) are measured at
 * re-normalisation points, a sixteenth to an eighth of the length apart; between two of them the state of the
 * model is carried on. So a stream does a bounded amount of work for each value, and its forecast equals the
 * forecast of the whole series in one call: both depend on the number of values alone.
 */

/** Values of a patch: what one step of the model reads, and what it forecasts. */
export const PATCH = 16;
/** Values that are read, plus less than one re-normalisation interval. */
export const CONTEXT = 4096;
const RENORMALIZE_EVERY = CONTEXT / 16;

/** The values of a series that are read. */
export interface Span {
  /** Index of the first value that is read. */
  start: number;
  /** The last re-normalisation point: the normalization is that of the values [start, normalizedTo). */
  normalizedTo: number;
}

/** The span that is read of a series of `count` values. */
export function spanOf(count: number): Span {
  if (count > CONTEXT) {
    const normalizedTo = Math.floor(count / RENORMALIZE_EVERY) * RENORMALIZE_EVERY;
    return { start: normalizedTo - CONTEXT, normalizedTo };
  }
  const interval = count < 64 ? 1 : 2 ** (Math.floor(Math.log2(count)) - 3);
  return { start: 0, normalizedTo: Math.floor(count / interval) * interval };
}
