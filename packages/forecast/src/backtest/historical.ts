/**
 * What a forecaster would have forecast for values that are known: each from those before it.
 *
 *   const past = await historical(forecaster, values, { horizon: 1, season: 24 });      // one step ahead of each
 *   past.median[100];                                                                   // forecast before values[100] came
 *
 * With a horizon of h, there is an origin every h steps, and each value has the forecast of the last origin before it.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { complete, field, type InputsOf } from '@mamba-ts/core/schema';
import { baseFields } from '../baseOptions.ts';
import { isSeveral } from '../compose/inputs.ts';
import { defaultStart } from '../history.ts';
import type { BaseOptions, Forecast, SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { isKnown } from './windows.ts';

const historyFields = {
  /** Values before the first that is forecast. Default: two of the shortest season that is given, at least 8. */
  start: field.optional(field.whole({ min: 1 })),
  /** Values that are read before each origin at most. Default: all of them. */
  context: field.optional(field.whole({ min: 1 })),
  /** Forecasts of one call. Default: 256. */
  batch: field.whole({ min: 1, default: 256 }),
};

/** The options of `historical`: those of a forecaster, and where forecasts begin. */
export interface HistoricalOptions extends BaseOptions, InputsOf<typeof historyFields> {}

/** The forecasts of the values of one series: arrays as long as the series, NaN before `start`. */
export function historical(forecaster: SeriesForecaster, values: Values, options: HistoricalOptions): Promise<Forecast>;
/** The same for several series, in the same order. */
export function historical(
  forecaster: SeriesForecaster,
  series: readonly Values[],
  options: HistoricalOptions,
): Promise<Forecast[]>;
export async function historical(
  forecaster: SeriesForecaster,
  input: Values | readonly Values[],
  options: HistoricalOptions,
): Promise<Forecast | Forecast[]> {
  if (!isSeveral(input)) return historyOf(forecaster, input, options, 'values');
  const found: Forecast[] = [];
  for (const [i, values] of input.entries()) found.push(await historyOf(forecaster, values, options, `series ${i}`));
  return found;
}

async function historyOf(
  forecaster: SeriesForecaster,
  values: Values,
  options: HistoricalOptions,
  name: string,
): Promise<Forecast> {
  const {
    start,
    context = Infinity,
    batch,
    ...base
  } = complete('historical', { ...baseFields, ...historyFields }, options);
  const y = checkValues(values, name);
  const begin = start ?? defaultStart(options.season);
  if (begin >= y.length) {
    throw new UsageError(
      'historical',
      `start is ${begin}, expected a whole number from 1 to ${y.length - 1}, as there are ${y.length} values.`,
    );
  }
  const all: Forecast = { mean: blank(y.length), median: blank(y.length), quantiles: {} };
  const origins: number[] = [];
  // Before the first value, or after a gap longer than what is read, there is nothing to forecast from.
  for (let origin = begin; origin < y.length; origin += base.horizon) {
    if (isKnown(y, origin, context)) origins.push(origin);
  }
  for (let i = 0; i < origins.length; i += batch) {
    const some = origins.slice(i, i + batch);
    const pasts = some.map((origin) => y.slice(Math.max(0, origin - context), origin));
    const found = await forecaster.forecastAll(pasts, { ...base, season: options.season });
    for (const [j, forecast] of found.entries()) place(all, forecast, some[j]);
  }
  return all;
}

const blank = (length: number): number[] => new Array(length).fill(Number.NaN);

/** Copies a forecast that begins at value `at`. */
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
