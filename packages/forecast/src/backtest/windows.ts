/**
 * Rolling origins: forecasts as they would have been made then, beside what came.
 *
 *   cutoff(w) = n − horizon − (windows − 1 − w) · step,   w = 0 … windows − 1
 *
 * At each cutoff a forecaster sees the values before it alone. (Tashman 2000; TimeGPT calls it cross_validation.)
 */
import { UsageError } from '@mamba-ts/core/errors';
import { completeField } from '@mamba-ts/core/schema';
import { CONTEXT } from '../model/window.ts';
import { baseFields, DEFAULT_QUANTILES } from '../options.ts';
import { seasonHint } from '../seasons.ts';
import type { Forecast, SeasonOption, SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';

export interface NamedSeries {
  id: string;
  values: Values;
  /** Steps of its seasons; if not given: those of the options. */
  season?: SeasonOption;
}

export interface WindowOptions {
  horizon: number;
  /** Origins of each series. 1 if not given: the last `horizon` values are held out. */
  windows?: number;
  /** Steps from one origin to the next. `horizon` if not given: windows do not overlap. */
  step?: number;
  season?: SeasonOption;
  /** Intervals, in per cent. [80, 95] if not given. */
  levels?: readonly number[];
  nonNegative?: boolean;
  integer?: boolean;
  /** Forecasts of one call. */
  batch?: number;
}

/** One origin of one series. */
export interface Window {
  id: string;
  /** The series' place in the list. */
  series: number;
  /** Values that were known. */
  cutoff: number;
  /** What came; NaN where it is missing. */
  truth: Float64Array;
  /** By the forecaster's name. */
  forecasts: Record<string, Forecast>;
}

/** Windows that were forecast in one call, and how many seconds each forecaster took for all of them. */
export interface WindowBatch {
  windows: Window[];
  seconds: Record<string, number>;
}

/** Windows of all series, in order; those that would reach before a series' first value are left out. */
export async function* crossValidate(
  forecasters: readonly SeriesForecaster[],
  series: Iterable<NamedSeries> | AsyncIterable<NamedSeries>,
  options: WindowOptions,
): AsyncGenerator<WindowBatch> {
  const { horizon, batch, season, levels, nonNegative, integer, ...rolling } = checkWindows(forecasters, options);
  let jobs: Job[] = [];
  let key = '';
  let size = 0;
  let at = -1;
  const asked = { horizon, levels, quantiles: DEFAULT_QUANTILES, nonNegative, integer };
  const run = () => forecastBatch(forecasters, jobs, { ...asked, season: jobs[0].season ?? season });
  for await (const one of series) {
    at++;
    const values = checkValues(one.values, one.id);
    const next = JSON.stringify(one.season ?? season);
    for (const cutoff of cutoffs(values, { horizon, ...rolling })) {
      size += cutoff;
      if (jobs.length > 0 && (jobs.length >= batch || size > MOST_VALUES || next !== key)) {
        yield await run();
        jobs = [];
        size = cutoff;
      }
      key = next;
      jobs.push({ id: one.id, series: at, season: one.season, values, cutoff });
    }
  }
  if (jobs.length > 0) yield await run();
}

/** Of the pasts of one call: each is a copy. */
const MOST_VALUES = 2 ** 24;

interface Job {
  id: string;
  series: number;
  season?: SeasonOption;
  values: Float64Array;
  cutoff: number;
}

async function forecastBatch(
  forecasters: readonly SeriesForecaster[],
  jobs: readonly Job[],
  options: Parameters<SeriesForecaster['forecastAll']>[1],
): Promise<WindowBatch> {
  const windows = jobs.map(
    ({ id, series, values, cutoff }): Window => ({
      ...{ id, series, cutoff },
      truth: values.subarray(cutoff, cutoff + options.horizon),
      forecasts: {},
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

interface Rolling {
  horizon: number;
  windows: number;
  step: number;
}

/** The origins of a series, before each of which there is a value among those that are read. */
export function cutoffs(values: Float64Array, { horizon, windows, step }: Rolling): number[] {
  const last = values.length - horizon;
  // More would lie before the first value.
  const most = Math.min(windows, Math.max(0, Math.ceil(last / step)));
  return Array.from({ length: most }, (_, i) => last - (most - 1 - i) * step).filter((cutoff) =>
    isKnown(values, cutoff),
  );
}

/** Whether there is a value before `origin` among the last ones, which a forecaster reads. */
export const isKnown = (values: Float64Array, origin: number, context = CONTEXT): boolean =>
  values.subarray(Math.max(0, origin - Math.min(context, CONTEXT)), origin).some((x) => !Number.isNaN(x));

/** The options, with what is not given filled in. */
export function checkWindows(forecasters: readonly SeriesForecaster[], options: WindowOptions) {
  const { horizon, windows = 1, step = horizon, batch = 256, levels = [80, 95], season, ...others } = options;
  completeField('backtest', 'horizon', baseFields.horizon, horizon);
  whole('windows', windows);
  whole('step', step);
  whole('batch', batch);
  seasonHint(season, 'backtest');
  const names = forecasters.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UsageError('backtest', `there are two forecasters '${twice}', expected names that differ.`);
  if (names.length === 0) throw new UsageError('backtest', 'there are no forecasters, expected at least one.');
  return {
    ...others,
    horizon,
    windows,
    step,
    batch,
    season,
    levels: completeField('backtest', 'levels', baseFields.levels, levels),
  };
}

function whole(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new UsageError('backtest', `${name} is ${value}, expected a whole number from 1 on.`);
}
