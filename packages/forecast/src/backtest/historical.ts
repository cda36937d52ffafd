/**
 * What a forecaster would have said of the values that are known: each is forecast from those before it.
 *
 *   const past = await historical(forecaster, values, { horizon: 1, season: 24 });      // one step ahead of each
 *   past.median[100];                                                                   // said before values[100] came
 *
 * With a horizon of h, an origin stands every h steps, and each value has the one forecast that was made last.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { completeField } from '@mamba-ts/core/schema';
import { defaultStart } from '../history.ts';
import { baseFields } from '../options.ts';
import type { Forecast, ForecastOptions, SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { isKnown } from './windows.ts';

export interface HistoricalOptions extends ForecastOptions {
  /** Values before the first that is forecast. Two of the shortest season if given, 8 at least. */
  start?: number;
  /** Values that are read before each origin at most; all of them if not given. */
  context?: number;
  /** Forecasts of one call. */
  batch?: number;
}

/** As long as `values`; NaN before `start`. */
export async function historical(
  forecaster: SeriesForecaster,
  values: Values,
  { start, context = Infinity, batch = 256, ...options }: HistoricalOptions,
): Promise<Forecast> {
  const { horizon, season } = options;
  completeField('historical', 'horizon', baseFields.horizon, horizon);
  const y = checkValues(values);
  const begin = start ?? defaultStart(season);
  if (!(Number.isInteger(begin) && begin >= 1 && begin < y.length)) {
    throw new UsageError(
      'historical',
      `start is ${begin}, expected a whole number from 1 to ${y.length - 1}, as there are ${y.length} values.`,
    );
  }
  const all: Forecast = { mean: blank(y.length), median: blank(y.length), quantiles: {} };
  const origins: number[] = [];
  // What comes before the first value, or after a gap longer than what is read, was not forecast.
  for (let origin = begin; origin < y.length; origin += horizon) {
    if (isKnown(y, origin, context)) origins.push(origin);
  }
  for (let i = 0; i < origins.length; i += batch) {
    const some = origins.slice(i, i + batch);
    const pasts = some.map((origin) => y.slice(Math.max(0, origin - context), origin));
    const found = await forecaster.forecastAll(pasts, options);
    for (const [j, forecast] of found.entries()) place(all, forecast, some[j]);
  }
  return all;
}

const blank = (length: number): number[] => new Array(length).fill(Number.NaN);

/** Writes a forecast that was made before value `at` where it belongs. */
function place(all: Forecast, forecast: Forecast, at: number): void {
  const into = (list: number[], part: readonly number[]) => {
    for (let h = 0; h < part.length && at + h < list.length; h++) list[at + h] = part[h];
  };
  const { length } = all.mean;
  into(all.mean, forecast.mean);
  into(all.median, forecast.median);
  for (const [key, part] of Object.entries(forecast.quantiles)) {
    all.quantiles[key] ??= blank(length);
    into(all.quantiles[key], part);
  }
  for (const [level, { low, high }] of Object.entries(forecast.intervals ?? {})) {
    all.intervals ??= {};
    all.intervals[level] ??= { low: blank(length), high: blank(length) };
    into(all.intervals[level].low, low);
    into(all.intervals[level].high, high);
  }
}
