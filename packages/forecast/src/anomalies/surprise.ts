/**
 * How surprising a value is, given its forecast: the z that is as far out in a standard normal distribution as y is in
 * the forecast's.
 *
 *   z(y) = Φ⁻¹(F(y))        F is known at the levels, and linear in z between them and beyond the outer two
 *
 * It is the inverse of Q in quantiles.ts, but in z, so that tail probabilities of 1e-40 still differ. If several
 * quantiles equal y, as for counts, z is the one nearest to 0.
 */
import { normalCdf, normalQuantile } from '@mamba-ts/core/math';
import type { Values } from '../types.ts';

/** The quantiles of one step at rising levels, which are given as z. */
export interface Spread {
  z: readonly number[];
  values: Values;
  /** The smallest width of one z, for distributions without width. */
  least: number;
}

/** Probabilities as z. */
export const zLevels = (levels: readonly number[]): number[] => levels.map(normalQuantile);

/** The z of a value. */
export function surprise({ z, values, least }: Spread, y: number): number {
  const last = z.length - 1;
  if (y < values[0]) return z[0] - (values[0] - y) / slope(z, values, 0, least);
  if (y > values[last]) return z[last] + (y - values[last]) / slope(z, values, last - 1, least);
  let low = 0;
  while (low < last && values[low + 1] < y) low++;
  let high = low;
  while (high < last && values[high] < y) high++;
  if (values[high] === y) {
    let end = high;
    while (end < last && values[end + 1] === y) end++;
    // Of the z of equal quantiles, the one nearest to 0.
    return Math.min(Math.max(0, z[high]), z[end]);
  }
  return z[low] + ((y - values[low]) / (values[high] - values[low])) * (z[high] - z[low]);
}

/** The inverse of surprise: the value with the z `at`. */
export function valueAt({ z, values, least }: Spread, at: number): number {
  const last = z.length - 1;
  if (at < z[0]) return values[0] - (z[0] - at) * slope(z, values, 0, least);
  if (at > z[last]) return values[last] + (at - z[last]) * slope(z, values, last - 1, least);
  let low = 0;
  while (low < last - 1 && z[low + 1] < at) low++;
  return values[low] + ((at - z[low]) / (z[low + 1] - z[low])) * (values[low + 1] - values[low]);
}

/** The range of values whose scores do not exceed a threshold. */
export const boundsOf = (spread: Spread, threshold: number): { low: number; high: number } => ({
  low: valueAt(spread, -threshold),
  high: valueAt(spread, threshold),
});

/** The probability of a value at least as far out, on either side. */
export const tailProbability = (z: number): number => 2 * normalCdf(-Math.abs(z));

/** The smallest width of one z, as a part of the value and absolutely, so that scores are finite. */
const MIN_PART = 1e-9;
const MIN_WIDTH = 1e-100;

/** The slope between quantile `i` and the next: units of y for one z. */
function slope(z: readonly number[], values: Values, i: number, least: number): number {
  const line = (values[i + 1] - values[i]) / (z[i + 1] - z[i]);
  return Math.max(line, least, MIN_PART * Math.abs(values[i]), MIN_WIDTH);
}
