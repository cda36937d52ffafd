/**
 * The scores of a forecaster on one series, and on all of them.
 *
 * On one series, point errors are means over its windows; WQL, CRPS and coverage are sums over all their steps. Over all
 * series, MASE, sMAPE and RMSSE are means over series; WQL and coverage are computed from the sums. Point errors are
 * those of the median, which minimizes absolute errors.
 */
import { mean, sum } from '@mamba-ts/core/math';
import { mae, mase, rmsse, smape } from '../metrics/errors.ts';
import { type IntervalSums, intervalSums, type QuantileSums, quantileSums } from '../metrics/quantileErrors.ts';
import type { Forecast, Values } from '../types.ts';

const POINT_ERRORS = ['mae', 'smape', 'mase', 'rmsse'] as const;
type PointError = (typeof POINT_ERRORS)[number];

/** Point errors, and errors of the whole distribution. */
export interface Scores extends Record<PointError, number> {
  wql: number;
  crps: number;
  /** By level: '80'. */
  coverage: Record<string, number>;
  /** Mean width of the intervals, by level. */
  width: Record<string, number>;
}

/** Errors and sums over windows. */
export interface Tally {
  errors: Record<PointError, number[]>;
  quantiles: QuantileSums[];
  intervals: Record<string, IntervalSums[]>;
}

/** A tally without windows. */
export const emptyTally = (): Tally => ({
  errors: { mae: [], smape: [], mase: [], rmsse: [] },
  quantiles: [],
  intervals: {},
});

/** Adds a window. */
export function count(tally: Tally, truth: Values, forecast: Forecast, past: Values, season: number): void {
  const { median, quantiles, intervals = {} } = forecast;
  tally.errors.mae.push(mae(truth, median));
  tally.errors.smape.push(smape(truth, median));
  tally.errors.mase.push(mase(truth, median, past, season));
  tally.errors.rmsse.push(rmsse(truth, median, past, season));
  tally.quantiles.push(quantileSums(truth, quantiles));
  for (const [level, interval] of Object.entries(intervals)) {
    tally.intervals[level] ??= [];
    tally.intervals[level].push(intervalSums(truth, interval));
  }
}

/** The scores of one series, or of several, with a tally for each. */
export function scoresOf(tallies: readonly Tally[]): Scores {
  const errors = POINT_ERRORS.map((name) => [name, definedMean(tallies.map((one) => definedMean(one.errors[name])))]);
  const sums = tallies.flatMap(({ quantiles }) => quantiles);
  const loss = sum(sums.map((one) => one.loss));
  const size = sum(sums.map((one) => one.size));
  const levels = [...new Set(tallies.flatMap(({ intervals }) => Object.keys(intervals)))];
  const byLevel = (part: 'inside' | 'width') =>
    Object.fromEntries(
      levels.map((level) => {
        const found = tallies.flatMap(({ intervals }) => intervals[level] ?? []);
        return [level, sum(found.map((one) => one[part])) / sum(found.map((one) => one.steps))];
      }),
    );
  return {
    ...(Object.fromEntries(errors) as Record<PointError, number>),
    wql: size > 0 ? loss / size : Number.NaN,
    crps: loss / sum(sums.map((one) => one.steps)),
    coverage: byLevel('inside'),
    width: byLevel('width'),
  };
}

/** Smaller ratios mean only that one forecast was nearly perfect. */
const MIN_RATIO = 0.01;

/** The geometric mean over series of the ratio of two errors, each ratio between 0.01 and 100. */
export function relative(errors: readonly number[], others: readonly number[]): number {
  const logs = errors.flatMap((error, i) => {
    if (Number.isNaN(error) || Number.isNaN(others[i])) return [];
    if (error === others[i]) return [0];
    return [Math.log(Math.min(1 / MIN_RATIO, Math.max(MIN_RATIO, error / others[i])))];
  });
  return Math.exp(definedMean(logs));
}

/** The mean of the values that are defined. */
const definedMean = (values: readonly number[]): number => mean(values.filter((value) => !Number.isNaN(value)));
