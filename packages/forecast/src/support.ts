/**
 * Where values can be: from 0 on, whole, within bounds.
 *
 *   Q'(p) = min(upper, max(lower, Q(p)))        then rounded, where values are whole
 *
 * A monotone function of a value maps its quantiles, so they do not cross, and the mass beyond a bound becomes an atom
 * at the bound. The mean is that of the distribution before rounding: the mean of whole numbers need not be whole.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { rising } from './levels.ts';
import { type CheckedOptions, checkOptions, withLevelBounds } from './options.ts';
import { forecastOf, GRID, type QuantileTable, tableOf } from './quantiles.ts';
import type { Task, TaskForecaster } from './task.ts';
import type { Forecast, Values } from './types.ts';

/** Where values can be. */
export interface Support {
  lower?: number;
  upper?: number;
  integer?: boolean;
}

/** The support that the options name; without `nonNegative`, values that were never below 0 stay so. */
export function supportOf(
  values: Values,
  { nonNegative, integer }: Partial<Pick<CheckedOptions, 'nonNegative' | 'integer'>>,
): Support {
  const isNonNegative = nonNegative ?? Array.prototype.every.call(values, (x: number) => !(x < 0));
  return { integer, ...(isNonNegative ? { lower: 0 } : {}) };
}

/** A table within its support. */
export function within(
  { levels, steps }: QuantileTable,
  { lower = -Infinity, upper = Infinity, integer }: Support,
): QuantileTable {
  const inside = (x: number) => Math.min(upper, Math.max(lower, x));
  return {
    levels,
    steps: steps.map((row) => Array.from(row, (x) => (integer ? inside(Math.round(inside(x))) : inside(x)))),
  };
}

/** The forecast of a table whose values are in a support. */
export function forecastWithin(
  table: QuantileTable,
  support: Support,
  options: Pick<CheckedOptions, 'levels' | 'quantiles'>,
): Forecast {
  const { mean } = forecastOf(within(table, { ...support, integer: false }), options);
  return { ...forecastOf(within(table, support), options), mean };
}

/** The bounds of the values of a series. */
export interface Bounds {
  /** No value is below it. */
  lower?: number;
  /** No value is above it. */
  upper?: number;
  /** Whether 0 is a lower bound as well. */
  nonNegative?: boolean;
}

/** The quantiles from which a clipped forecast is made: enough to know its distribution. */
const wideQuantiles = (options: Pick<CheckedOptions, 'levels' | 'quantiles'>): number[] =>
  rising([...GRID, ...withLevelBounds(options).quantiles]);

/** A forecast with `wideQuantiles`, clipped to a support. Where no quantile of a step moves, its mean is kept. */
function clipped(
  forecast: Forecast,
  support: Support,
  options: Pick<CheckedOptions, 'levels' | 'quantiles'>,
): Forecast {
  const { lower = -Infinity, upper = Infinity } = support;
  const table = tableOf(forecast);
  const inside = forecastWithin(table, support, options);
  const mean = table.steps.map((row, t) =>
    row[0] < lower || row[row.length - 1] > upper ? inside.mean[t] : forecast.mean[t],
  );
  return { ...forecast, ...inside, mean };
}

/** Forecasts within bounds, and whole if `integer` is set, even if the forecaster ignores these options. */
export const withBounds = (inner: TaskForecaster, { nonNegative, ...bounds }: Bounds): TaskForecaster => ({
  async forecastAll(tasks, options) {
    for (const task of tasks) requireWithin(task, bounds);
    const lower = nonNegative ? Math.max(0, bounds.lower ?? 0) : bounds.lower;
    const checked = checkOptions(options);
    const wide = { ...options, levels: undefined, integer: false, quantiles: wideQuantiles(checked) };
    const forecasts = await inner.forecastAll(tasks, wide);
    return forecasts.map((forecast) => clipped(forecast, { ...bounds, lower, integer: checked.integer }, checked));
  },
});

function requireWithin({ name, values, axis }: Task, { lower = -Infinity, upper = Infinity }: Bounds): void {
  const t = values.findIndex((x) => x < lower || x > upper);
  if (t < 0) return;
  const [side, bound] = values[t] < lower ? ['lower', lower] : ['upper', upper];
  const place = axis ? `${name} has ${values[t]} at ${axis.label(t)}` : `${name}[${t}] is ${values[t]}`;
  throw new UsageError(
    'forecast',
    `${place}, expected it within ${side} = ${bound}. Fix the value, change the bound, or leave it out.`,
  );
}
