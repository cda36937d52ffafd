/**
 * Where values can be: from 0 on, whole, within bounds.
 *
 *   Q'(p) = min(upper, max(lower, Q(p)))        then rounded, where values are whole
 *
 * A monotone function of a value maps its quantiles, so they do not cross, and the mass beyond a bound becomes an atom
 * at the bound. The mean is that of the distribution before rounding: the mean of whole numbers need not be whole.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { field } from '@mamba-ts/core/schema';
import { type CheckedOptions, checkOptions, withLevelBounds } from './baseOptions.ts';
import { rising } from './levels.ts';
import { forecastPart } from './part.ts';
import { forecastOf, GRID, type QuantileTable, tableOf } from './quantiles.ts';
import type { Task } from './task.ts';
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
  const isNonNegative = nonNegative ?? !hasNegative(values);
  return { integer, ...(isNonNegative ? { lower: 0 } : {}) };
}

function hasNegative(values: Values): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] < 0) return true;
  return false;
}

/** A table within its support. */
export function within(
  { levels, steps }: QuantileTable,
  { lower = -Infinity, upper = Infinity, integer }: Support,
): QuantileTable {
  const inside = (x: number) => Math.min(upper, Math.max(lower, x));
  const placed = (row: Values) => {
    const values = new Array<number>(row.length);
    for (let i = 0; i < row.length; i++) values[i] = integer ? inside(Math.round(inside(row[i]))) : inside(row[i]);
    return values;
  };
  return { levels, steps: steps.map(placed) };
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

const boundField = (side: string, example: string) =>
  field.optional(
    field.number({
      help: `the ${side} bound of the values, such as ${example}`,
      placeholder: '<value>',
      advice: 'Leave it out where values have no such bound.',
    }),
  );

/** Forecasts within bounds, and whole if `integer` is set, even if the forecaster ignores these options. */
export const bounds = forecastPart({
  fields: {
    /** No value is below it, such as 0 for a percentage. Default: none. */
    lower: boundField('lower', '0 for sales'),
    /** No value is above it, such as 100 for a percentage. Default: none. */
    upper: boundField('upper', '100 for a percentage'),
  },

  check({ lower = -Infinity, upper = Infinity, integer, nonNegative }) {
    if (lower >= upper) {
      throw new UsageError('forecast', `lower is ${lower} and upper is ${upper}, expected lower below upper.`);
    }
    if (nonNegative && upper <= 0) {
      throw new UsageError('forecast', `nonNegative is true and upper is ${upper}, expected an upper bound above 0.`);
    }
    for (const [name, value] of Object.entries({ lower, upper })) {
      if (!integer || Number.isInteger(value) || !Number.isFinite(value)) continue;
      throw new UsageError('forecast', `${name} is ${value}, expected a whole number, because integer is true.`);
    }
  },

  wrap(inner, { lower, upper, nonNegative, integer }) {
    if (lower === undefined && upper === undefined && !nonNegative && !integer) return inner;
    const support = { lower: nonNegative ? Math.max(0, lower ?? 0) : lower, upper, integer };
    return {
      async forecastAll(tasks, options) {
        for (const task of tasks) requireWithin(task, { lower, upper });
        const checked = checkOptions(options);
        const wide = { ...options, levels: undefined, integer: false, quantiles: wideQuantiles(checked) };
        const forecasts = await inner.forecastAll(tasks, wide);
        return forecasts.map((forecast) => clipped(forecast, support, checked));
      },
    };
  },
});

function requireWithin({ name, values, axis }: Task, { lower = -Infinity, upper = Infinity }: Support): void {
  const t = values.findIndex((x) => x < lower || x > upper);
  if (t < 0) return;
  const [side, bound] = values[t] < lower ? ['lower', lower] : ['upper', upper];
  const place = axis ? `${name} has ${values[t]} at ${axis.label(t)}` : `${name}[${t}] is ${values[t]}`;
  throw new UsageError(
    'forecast',
    `${place}, expected it within ${side} = ${bound}. Fix the value, change the bound, or leave it out.`,
  );
}
