/**
 * Errors of point forecasts f of actual values y. Steps at which y is missing (NaN) are left out.
 *
 *   MAE   = mean |y − f|
 *   sMAPE = mean 200 |y − f| / (|y| + |f|), in per cent, 0 where both are 0     (Makridakis 1993; as in M4)
 *   MASE  = MAE / scale,      scale = mean |xₜ − xₜ₋ₘ| over the past x           (Hyndman & Koehler 2006)
 *   RMSSE = √(mean (y − f)² / mean (xₜ − xₜ₋ₘ)²)                                  (M5, with a season m)
 *
 * A past that repeats exactly, or is not longer than a season, has no scale: MASE and RMSSE are then NaN, not defined.
 * Means over series leave such series out and give their number.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Values } from '../types.ts';

/** Mean absolute error. */
export function mae(y: Values, f: Values): number {
  return meanOf(y, f, (a, b) => Math.abs(a - b));
}

/** Symmetric mean absolute percentage error, 0 to 200. */
export function smape(y: Values, f: Values): number {
  return meanOf(y, f, (a, b) => (a === b ? 0 : (200 * Math.abs(a - b)) / (Math.abs(a) + Math.abs(b))));
}

/** Mean absolute scaled error. `season` in steps. Default: 1. */
export function mase(y: Values, f: Values, past: Values, season = 1): number {
  return defined(mae(y, f), seasonalError(past, season));
}

/** Root mean squared scaled error. `season` in steps. Default: 1. */
export function rmsse(y: Values, f: Values, past: Values, season = 1): number {
  return Math.sqrt(
    defined(
      meanOf(y, f, (a, b) => (a - b) ** 2),
      lagged(past, season, (d) => d * d),
    ),
  );
}

/** The scale of MASE: the mean error of the seasonal naive forecast in the past. NaN if the past is too short. */
export function seasonalError(past: Values, season = 1): number {
  return lagged(past, season, Math.abs);
}

/** error / scale; NaN for a scale of 0. */
export const defined = (error: number, scale: number): number => (scale > 0 ? error / scale : Number.NaN);

function lagged(past: Values, season: number, of: (difference: number) => number): number {
  if (!Number.isInteger(season) || season < 1) {
    throw new UsageError('metrics', `season is ${season}, expected a whole number of steps from 1 (1: no season).`);
  }
  let [sum, count] = [0, 0];
  for (let t = season; t < past.length; t++) {
    const difference = past[t] - past[t - season];
    if (Number.isNaN(difference)) continue;
    sum += of(difference);
    count++;
  }
  return sum / count;
}

function meanOf(y: Values, f: Values, of: (y: number, f: number) => number): number {
  let [sum, count] = [0, 0];
  checkLengths(y, f);
  for (let t = 0; t < y.length; t++) {
    if (Number.isNaN(y[t])) continue;
    sum += of(y[t], f[t]);
    count++;
  }
  return sum / count;
}

/** Throws UsageError unless y and f have the same length. */
export function checkLengths(y: Values, f: Values): void {
  if (y.length !== f.length) {
    throw new UsageError(
      'metrics',
      `the forecast has ${f.length} steps, expected ${y.length}, as the actual values have.`,
    );
  }
}
