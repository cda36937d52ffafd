/**
 * Which part of a series is read, and when it is measured anew.
 *
 * The last 4,096 values are read. How large, how seasonal and how rough they are is measured at rungs of a
 * ladder, a sixteenth to an eighth of the length apart; between two rungs the model's state is carried on.
 * So a stream does a bounded amount of work a value, and its forecast is that of the whole series at once:
 * both depend on the count of values alone.
 */

/** Values of a patch: what a step of the model reads, and what it forecasts. */
export const PATCH = 16;
/** Values that are read at most, and up to one step of the ladder more. */
export const CONTEXT = 4096;
const STEP = CONTEXT / 16;

export interface Span {
  /** The first value that is read. */
  start: number;
  /** Where the measures were taken: over [start, rung). */
  rung: number;
}

/** What is read of the first `count` values of a series. */
export function spanOf(count: number): Span {
  if (count > CONTEXT) {
    const rung = Math.floor(count / STEP) * STEP;
    return { start: rung - CONTEXT, rung };
  }
  const step = count < 64 ? 1 : 2 ** (Math.floor(Math.log2(count)) - 3);
  return { start: 0, rung: Math.floor(count / step) * step };
}
