/**
 * How good quantiles and intervals are. Steps whose y is missing (NaN) are left out.
 *
 *   ρ_q(y, f) = (q − 1{y < f}) (y − f)                       pinball loss: least, in the mean, at the quantile q
 *   WQL  = mean over q of  2 Σ ρ_q(y, f_q) / Σ |y|           sums over all steps of all series (GluonTS, AutoGluon)
 *   CRPS ≈ 2 mean over q of ρ_q                              in the units of y; exact with ever more quantiles
 *                                                            (Gneiting & Ranjan 2011)
 *   coverage = part of y with low ≤ y ≤ high                 to be compared with the interval's level
 *
 * WQL of truths that are all 0 is not defined: NaN.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { GRID } from '../quantiles.ts';
import type { Interval, Values } from '../types.ts';
import { checkLengths, defined } from './errors.ts';

/** Forecasts by probability: '0.1' and so on. */
export type Quantiles = Readonly<Record<string, Values>>;

/** The pinball loss of one value. */
export function pinball(q: number, y: number, f: number): number {
  return y < f ? (q - 1) * (y - f) : q * (y - f);
}

/** The pinball losses of rows at GRID, summed over what was observed. */
export function gridLoss(y: Values, rows: readonly Values[]): number {
  let sum = 0;
  rows.forEach((row, t) => {
    if (Number.isNaN(y[t])) return;
    GRID.forEach((q, i) => {
      sum += pinball(q, y[t], row[i]);
    });
  });
  return sum;
}

/** Sums that add up over steps, windows and series, of which WQL and CRPS are quotients. */
export interface QuantileSums {
  /** Σ over steps of the mean over q of 2 ρ_q. */
  loss: number;
  /** Σ |y| */
  size: number;
  steps: number;
}

export function quantileSums(y: Values, quantiles: Quantiles): QuantileSums {
  const entries = Object.entries(quantiles).map(([key, f]) => ({ q: probability(key), f }));
  if (entries.length === 0)
    throw new UsageError('metrics', "there are no quantiles, expected some, such as { '0.5': […] }.");
  for (const { f } of entries) checkLengths(y, f);
  const sums = { loss: 0, size: 0, steps: 0 };
  for (let t = 0; t < y.length; t++) {
    if (Number.isNaN(y[t])) continue;
    for (const { q, f } of entries) sums.loss += (2 * pinball(q, y[t], f[t])) / entries.length;
    sums.size += Math.abs(y[t]);
    sums.steps++;
  }
  return sums;
}

/** Of one series. */
export function wql(y: Values, quantiles: Quantiles): number {
  return wqlOf([quantileSums(y, quantiles)]);
}

/** Of a set. */
export function wqlOf(sums: readonly QuantileSums[]): number {
  return defined(total(sums, 'loss'), total(sums, 'size'));
}

export function crps(y: Values, quantiles: Quantiles): number {
  const { loss, steps } = quantileSums(y, quantiles);
  return defined(loss, steps);
}

/** How often an interval held, over how many steps, and how wide it was in the mean. */
export interface IntervalSums {
  inside: number;
  steps: number;
  width: number;
}

export function intervalSums(y: Values, { low, high }: Interval): IntervalSums {
  checkLengths(y, low);
  checkLengths(y, high);
  const sums = { inside: 0, steps: 0, width: 0 };
  for (let t = 0; t < y.length; t++) {
    if (Number.isNaN(y[t])) continue;
    if (low[t] <= y[t] && y[t] <= high[t]) sums.inside++;
    sums.width += high[t] - low[t];
    sums.steps++;
  }
  return sums;
}

/** Part of the values that the interval holds: 0.8 for a good interval of 80 %. */
export function coverage(y: Values, interval: Interval): number {
  const { inside, steps } = intervalSums(y, interval);
  return defined(inside, steps);
}

export function meanWidth(y: Values, interval: Interval): number {
  const { width, steps } = intervalSums(y, interval);
  return defined(width, steps);
}

function probability(key: string): number {
  const q = Number(key);
  if (key.trim() !== '' && q > 0 && q < 1) return q;
  throw new UsageError(
    'metrics',
    `there are quantiles of '${key}', expected a probability between 0 and 1 such as '0.1'.`,
  );
}

const total = <Key extends string>(rows: readonly Readonly<Record<Key, number>>[], key: Key): number =>
  rows.reduce((sum, row) => sum + row[key], 0);
