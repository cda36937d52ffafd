/**
 * How good a forecaster was on a series, and on all of them.
 *
 * On a series, errors are means over its windows, and sums (WQL, CRPS, coverage) run over all their steps. Over all
 * series, MASE, sMAPE and RMSSE are means of the series' own, WQL and coverage are of the sums. Point errors are those
 * of the median: it is what absolute errors ask for.
 */
import { mean, sum } from '@mamba-ts/core/math';
import { mae, mase, rmsse, smape } from '../metrics/errors.ts';
import { type IntervalSums, intervalSums, type QuantileSums, quantileSums } from '../metrics/quantileErrors.ts';
import type { Forecast, Values } from '../types.ts';

const POINT_ERRORS = ['mae', 'smape', 'mase', 'rmsse'] as const;
type PointError = (typeof POINT_ERRORS)[number];

export interface Scores extends Record<PointError, number> {
  wql: number;
  crps: number;
  /** By level: '80'. */
  coverage: Record<string, number>;
  /** Mean width of the intervals, by level. */
  width: Record<string, number>;
}

/** What adds up over windows. */
export interface Tally {
  errors: Record<PointError, number[]>;
  quantiles: QuantileSums[];
  intervals: Record<string, IntervalSums[]>;
}

export const emptyTally = (): Tally => ({
  errors: { mae: [], smape: [], mase: [], rmsse: [] },
  quantiles: [],
  intervals: {},
});

/** Takes one window in. */
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

/** Of one series, or of all: then `tallies` has one for each. */
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

/** Ratios beyond these say no more than that one forecast was all but perfect. */
const LEAST_RATIO = 0.01;

/** The geometric mean of the errors of each series relative to another's, each between 0.01 and 100. */
export function relative(errors: readonly number[], others: readonly number[]): number {
  const logs = errors.flatMap((error, i) => {
    if (Number.isNaN(error) || Number.isNaN(others[i])) return [];
    if (error === others[i]) return [0];
    return [Math.log(Math.min(1 / LEAST_RATIO, Math.max(LEAST_RATIO, error / others[i])))];
  });
  return Math.exp(definedMean(logs));
}

/** The mean of the values that are defined. */
const definedMean = (values: readonly number[]): number => mean(values.filter((value) => !Number.isNaN(value)));
