/** From the network's quantiles of the readings of a series to the forecast that was requested. */

import type { CheckedOptions } from './baseOptions.ts';
import type { Quantiles } from './model/predict.ts';
import { GRID } from './quantiles.ts';
import { forecastWithin, supportOf, within } from './support.ts';
import type { Forecast, Values } from './types.ts';

/**
 * The mean of the forecasts of one series, quantile by quantile, each within the support of the values.
 *
 * `window`: the values that were read; they tell whether values can be negative.
 */
export function answer(forecasts: readonly Quantiles[][], window: Values, options: CheckedOptions): Forecast {
  const support = supportOf(window, options);
  const tables = forecasts.map((steps) => within({ levels: GRID, steps }, { ...support, integer: false }).steps);
  const steps = tables[0].map((_row, t) =>
    GRID.map((_, level) => tables.reduce((sum, table) => sum + table[t][level], 0) / tables.length),
  );
  return forecastWithin({ levels: GRID, steps }, support, options);
}
