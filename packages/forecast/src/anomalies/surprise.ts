/**
 * How surprising a value is, given the quantiles that were forecast for it: the z of a standard normal distribution
 * that is as far out as y is in the forecast's.
 *
 *   z(y) = Φ⁻¹(F(y))        F is known at the levels, lines in z between them and beyond the outer two
 *
 * It is the inverse of Q in quantiles.ts, written in z: tail probabilities of 1e-40 still differ. Where several
 * quantiles are one value, as in counts, y = that value has the z nearest to 0.
 */
import { normalCdf, normalQuantile } from '@mamba-ts/core/math';
import type { Values } from '../types.ts';

/** A step's quantiles at rising levels, as z. */
export interface Spread {
  z: readonly number[];
  values: Values;
  /** What a z is worth at least: distributions of no width have no line to go on. */
  least: number;
}

export const zLevels = (levels: readonly number[]): number[] => levels.map(normalQuantile);

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
    // z between those of the equal quantiles: the one that says least.
    return Math.min(Math.max(0, z[high]), z[end]);
  }
  return z[low] + ((y - values[low]) / (values[high] - values[low])) * (z[high] - z[low]);
}

/** The value whose surprise is `at`. */
export function valueAt({ z, values, least }: Spread, at: number): number {
  const last = z.length - 1;
  if (at < z[0]) return values[0] - (z[0] - at) * slope(z, values, 0, least);
  if (at > z[last]) return values[last] + (at - z[last]) * slope(z, values, last - 1, least);
  let low = 0;
  while (low < last - 1 && z[low + 1] < at) low++;
  return values[low] + ((at - z[low]) / (z[low + 1] - z[low])) * (values[low + 1] - values[low]);
}

/** The values whose scores do not exceed a threshold. */
export const boundsOf = (spread: Spread, threshold: number): { low: number; high: number } => ({
  low: valueAt(spread, -threshold),
  high: valueAt(spread, threshold),
});

/** Probability of a value at least as far out, on either side. */
export const tailProbability = (z: number): number => 2 * normalCdf(-Math.abs(z));

/** Of what the width of a forecast is at least, in parts of its value, and at all: scores stay finite. */
const LEAST_PART = 1e-9;
const LEAST = 1e-100;

/** Of the line between quantile `i` and the next: units of y for one of z. */
function slope(z: readonly number[], values: Values, i: number, least: number): number {
  const line = (values[i + 1] - values[i]) / (z[i + 1] - z[i]);
  return Math.max(line, least, LEAST_PART * Math.abs(values[i]), LEAST);
}
