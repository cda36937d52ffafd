/**
 * Where values can lie: from 0 on, whole, within bounds. Pure functions of a table of quantiles.
 *
 *   Q'(p) = min(upper, max(lower, Q(p)))        then rounded, where values are whole
 *
 * A monotone function of a value moves its quantiles along: they do not cross, and what lay beyond a bound is an atom
 * at it. The mean is that of the distribution before rounding, for the mean of whole numbers is not whole.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { type CheckedOptions, checkOptions } from './options.ts';
import { forecastOf, GRID, type QuantileTable, tableOf } from './quantiles.ts';
import type { Forecast, ForecastOptions, SeriesForecaster, Values } from './types.ts';
import { checkValues } from './values.ts';

export interface Support {
  lower?: number;
  upper?: number;
  integer?: boolean;
}

/** What the options ask for and, where they do not say, what the values are: none below 0 has none below 0 ahead. */
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

/** The answer from a table whose values lie in a support. */
export function forecastWithin(table: QuantileTable, support: Support, asked: CheckedOptions): Forecast {
  const { mean } = forecastOf(within(table, { ...support, integer: false }), asked);
  return { ...forecastOf(within(table, support), asked), mean };
}

export interface BoundedOptions extends ForecastOptions {
  /** No value lies below, 0 for a percentage. */
  lower?: number;
  /** No value lies above, 100 for a percentage. */
  upper?: number;
}

/** A forecast of a series that has bounds. */
export async function forecastBounded(
  forecaster: SeriesForecaster,
  values: Values,
  options: BoundedOptions,
): Promise<Forecast> {
  const { lower = -Infinity, upper = Infinity, ...plain } = options;
  const asked = checkOptions(plain);
  const y = checkValues(values);
  requireBounds(y, lower, upper, asked.integer);
  const [forecast] = await forecaster.forecastAll([y], {
    ...plain,
    levels: undefined,
    integer: false,
    quantiles: GRID,
  });
  const own = supportOf(y, asked);
  return forecastWithin(tableOf(forecast), { ...own, lower: Math.max(lower, own.lower ?? lower), upper }, asked);
}

function requireBounds(values: Values, lower: number, upper: number, integer: boolean): void {
  for (const [name, bound] of Object.entries({ lower, upper })) {
    if (
      typeof bound !== 'number' ||
      Number.isNaN(bound) ||
      (integer && Number.isFinite(bound) && !Number.isInteger(bound))
    ) {
      throw new UsageError(
        'forecast',
        `${name} is ${String(bound)}, expected ${integer ? 'a whole number' : 'a number'}.`,
      );
    }
  }
  if (lower >= upper) {
    throw new UsageError('forecast', `lower is ${lower} and upper is ${upper}, expected lower below upper.`);
  }
  for (let t = 0; t < values.length; t++) {
    if (!(values[t] < lower || values[t] > upper)) continue;
    const [side, bound] = values[t] < lower ? ['lower', lower] : ['upper', upper];
    throw new UsageError(
      'forecast',
      `values[${t}] is ${values[t]}, expected it within ${side} = ${bound}. Mend the value, move the bound, or leave it out.`,
    );
  }
}
