/**
 * Rolling origins: forecasts as they would have been made then, with the values that came.
 *
 *   cutoff(w) = n − horizon − (windows − 1 − w) · step,   w = 0 … windows − 1
 *
 * At each cutoff a forecaster sees only the values before it. (Tashman 2000; TimeGPT calls it cross_validation.)
 */
import { UsageError } from '@mamba-ts/core/errors';
import { DEFAULT_QUANTILES } from '../baseOptions.ts';
import { CONTEXT } from '../model/window.ts';
import type { SeasonOption } from '../seasons.ts';
import type { TimeAxis } from '../timeTable/index.ts';
import type { BaseOptions, Forecast, SeriesForecaster } from '../types.ts';
import { checkValues } from '../values.ts';
import { type BacktestOptions, type CheckedBacktest, checkBacktest } from './options.ts';
import { type BacktestInput, namedSeries } from './series.ts';

/** One origin of one series. */
export interface Window {
  id: string;
  /** The place of the series in the input. */
  series: number;
  /** Values that were known. */
  cutoff: number;
  /** What came; NaN where it is missing. */
  truth: Float64Array;
  /** By the name of the forecaster. */
  forecasts: Record<string, Forecast>;
  /** The times of the series, if it has any: axis.label(cutoff) is the first one that was forecast. */
  axis?: TimeAxis;
}

/** Windows that were forecast in one call, and how many seconds each forecaster took for all of them. */
export interface WindowBatch {
  windows: Window[];
  seconds: Record<string, number>;
}

/** One forecaster, or several with different names. */
export type Forecasters = SeriesForecaster | readonly SeriesForecaster[];

/**
 * The windows of all series, in order. Those that would begin before the first value of a series are left out.
 *
 * @param input one series, several, or a table
 * @throws UsageError options that are refused, no forecaster, or two of the same name
 */
export async function* crossValidate(
  forecasters: Forecasters,
  input: BacktestInput,
  options: BacktestOptions,
): AsyncGenerator<WindowBatch> {
  const all = checkForecasters(forecasters);
  const { batch, ...checked } = checkBacktest(options);
  const { horizon, levels, nonNegative, integer } = checked;
  let jobs: Job[] = [];
  let key = '';
  let size = 0;
  let at = -1;
  const asked = { horizon, levels, quantiles: DEFAULT_QUANTILES, nonNegative, integer };
  const run = () => forecastBatch(all, jobs, { ...asked, season: jobs[0].season });
  for await (const { id, values: given, season = options.season, axis } of namedSeries(input, options.season)) {
    at++;
    const values = checkValues(given, id);
    const next = JSON.stringify(season);
    for (const cutoff of cutoffs(values, checked)) {
      size += cutoff;
      if (jobs.length > 0 && (jobs.length >= batch || size > MAX_VALUES || next !== key)) {
        yield await run();
        jobs = [];
        size = cutoff;
      }
      key = next;
      jobs.push({ id, series: at, season, values, cutoff, axis });
    }
  }
  if (jobs.length > 0) yield await run();
}

/** Values of the pasts of one call, each of which is a copy. */
const MAX_VALUES = 2 ** 24;

interface Job {
  id: string;
  series: number;
  season?: SeasonOption;
  values: Float64Array;
  cutoff: number;
  axis?: TimeAxis;
}

async function forecastBatch(
  forecasters: readonly SeriesForecaster[],
  jobs: readonly Job[],
  options: BaseOptions,
): Promise<WindowBatch> {
  const windows = jobs.map(
    ({ id, series, values, cutoff, axis }): Window => ({
      ...{ id, series, cutoff },
      truth: values.subarray(cutoff, cutoff + options.horizon),
      forecasts: {},
      ...(axis && { axis }),
    }),
  );
  const seconds: Record<string, number> = {};
  for (const forecaster of forecasters) {
    // A forecaster may write into what it is given; the next one must not see that.
    const pasts = jobs.map(({ values, cutoff }) => values.slice(0, cutoff));
    const begun = performance.now();
    const found = await forecaster.forecastAll(pasts, options);
    seconds[forecaster.name] = (performance.now() - begun) / 1000;
    if (found.length !== jobs.length) {
      throw new UsageError('backtest', `${forecaster.name} gave ${found.length} forecasts, expected ${jobs.length}.`);
    }
    windows.forEach((window, i) => {
      window.forecasts[forecaster.name] = found[i];
    });
  }
  return { windows, seconds };
}

/** The origins of a series, before each of which there is a value among those that are read. */
export function cutoffs(
  values: Float64Array,
  { horizon, windows, step }: Pick<CheckedBacktest, 'horizon' | 'windows' | 'step'>,
): number[] {
  const last = values.length - horizon;
  // More would begin before the first value.
  const most = Math.min(windows, Math.max(0, Math.ceil(last / step)));
  return Array.from({ length: most }, (_, i) => last - (most - 1 - i) * step).filter((cutoff) =>
    isKnown(values, cutoff),
  );
}

/** Whether there is a value before `origin` among the last ones, which a forecaster reads. */
export const isKnown = (values: Float64Array, origin: number, context = CONTEXT): boolean =>
  values.subarray(Math.max(0, origin - Math.min(context, CONTEXT)), origin).some((x) => !Number.isNaN(x));

/** As a list. Refuses none, and two of the same name. */
export function checkForecasters(forecasters: Forecasters): readonly SeriesForecaster[] {
  const all = Array.isArray(forecasters)
    ? (forecasters as readonly SeriesForecaster[])
    : [forecasters as SeriesForecaster];
  const names = all.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UsageError('backtest', `there are two forecasters '${twice}', expected names that differ.`);
  }
  if (names.length === 0) throw new UsageError('backtest', 'there are no forecasters, expected at least one.');
  return all;
}
