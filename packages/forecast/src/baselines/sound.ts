/** Whether what a library answers can be meant: a search that ran away is no forecast. */
import type { Normals } from './gaussian.ts';

/** A forecast so many ranges of the past beyond it is none. */
const BEYOND = 10;
/** A deviation of the first step below this part of the range claims to know too much of values that differ. */
const LEAST = 1e-9;

export function isSound({ mean, deviation }: Normals, past: Float64Array): boolean {
  const [least, most] = [past.reduce((a, b) => Math.min(a, b)), past.reduce((a, b) => Math.max(a, b))];
  const range = most - least;
  return (
    mean.every((x) => x >= least - BEYOND * range && x <= most + BEYOND * range) &&
    deviation.every((x) => x >= 0 && x <= BEYOND * range * mean.length) &&
    deviation[0] >= LEAST * range
  );
}
