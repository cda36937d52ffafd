/** Whether the answer of a library makes sense: a search may diverge. */
import type { Normals } from './gaussian.ts';

/** Forecasts farther from the past than this many times its range are refused. */
const MAX_RANGES = 10;
/** The smallest deviation of the first step, as a part of the range: smaller ones are implausible. */
const MIN_DEVIATION = 1e-9;

/** Whether all steps are plausible, given the past. */
export function isSound({ mean, deviation }: Normals, past: Float64Array): boolean {
  const [least, most] = [past.reduce((a, b) => Math.min(a, b)), past.reduce((a, b) => Math.max(a, b))];
  const range = most - least;
  return (
    mean.every((x) => x >= least - MAX_RANGES * range && x <= most + MAX_RANGES * range) &&
    deviation.every((x) => x >= 0 && x <= MAX_RANGES * range * mean.length) &&
    deviation[0] >= MIN_DEVIATION * range
  );
}
