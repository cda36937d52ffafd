/**
 * Errors of quantiles and intervals. Steps at which y is missing (NaN) are left out.
 *
 *   ρ_q(y, f) = (q − 1{y < f}) (y − f)                       pinball loss, whose mean is smallest at the quantile q
 *   WQL  = mean over q of  2 Σ ρ_q(y, f_q) / Σ |y|           sums over all steps of all series (GluonTS, AutoGluon)
 *   CRPS ≈ 2 mean over q of ρ_q                              in the units of y; exact in the limit of many quantiles
 *                                                            (Gneiting & Ranjan 2011)
 *   coverage = part of y with low ≤ y ≤ high                 ideally the level of the interval
 *
 * WQL is NaN, not defined, if all y are 0.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { GRID } from '../quantiles.ts';
import type { Interval, Values } from '../types.ts';
import { checkLengths, defined } from './errors.ts';

/** Quantiles of each step by their probability: { '0.1': […], '0.5': […] }. */
export type Quantiles = Readonly<Record<string, Values>>;

/** The pinball loss of one value. */
export function pinball(q: number, y: number, f: number): number {
  return y < f ? (q - 1) * (y - f) : q * (y - f);
}

/** The sum of the pinball losses of rows of quantiles at GRID, over the steps at which y is known. */
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

/** Sums over steps, windows and series, of which WQL and CRPS are quotients. */
export interface QuantileSums {
  /** Σ over steps of the mean over q of 2 ρ_q. */
  loss: number;
  /** Σ |y| */
  size: number;
  steps: number;
}

/** The sums of one forecast. Throws UsageError for keys that are not probabilities. */
export function quantileSums(y: Values, quantiles: Quantiles): QuantileSums {
  const entries = Object.entries(quantiles).map(([key, f]) => ({ q: probability(key), f }));
  if (entries.length === 0)
    throw new UsageError('metrics', "the quantiles are empty, expected some, such as { '0.5': […] }.");
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

/** Weighted quantile loss of one series. */
export function wql(y: Values, quantiles: Quantiles): number {
  return wqlOf([quantileSums(y, quantiles)]);
}

/** Weighted quantile loss of a set of series. */
export function wqlOf(sums: readonly QuantileSums[]): number {
  return defined(total(sums, 'loss'), total(sums, 'size'));
}

/** Continuous ranked probability score, in the units of y. */
export function crps(y: Values, quantiles: Quantiles): number {
  const { loss, steps } = quantileSums(y, quantiles);
  return defined(loss, steps);
}

/** Sums over steps, of which coverage and mean width are quotients. */
export interface IntervalSums {
  inside: number;
  steps: number;
  width: number;
}

/** The sums of one forecast. */
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

/** Part of the values inside the interval: ideally 0.8 for an interval of 80 %. */
export function coverage(y: Values, interval: Interval): number {
  const { inside, steps } = intervalSums(y, interval);
  return defined(inside, steps);
}

/** Mean width of the interval, in the units of y. */
export function meanWidth(y: Values, interval: Interval): number {
  const { width, steps } = intervalSums(y, interval);
  return defined(width, steps);
}

function probability(key: string): number {
  const q = Number(key);
  if (key.trim() !== '' && q > 0 && q < 1) return q;
  throw new UsageError(
    'metrics',
    `the quantiles have the key '${key}', expected a probability between 0 and 1 such as '0.1'.`,
  );
}

const total = <Key extends string>(rows: readonly Readonly<Record<Key, number>>[], key: Key): number =>
  rows.reduce((sum, row) => sum + row[key], 0);
