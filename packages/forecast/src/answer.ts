/** From the network's quantiles of a series to the forecast that was requested. */

import type { CheckedOptions } from './baseOptions.ts';
import type { Quantiles } from './model/predict.ts';
import { GRID } from './quantiles.ts';
import { forecastWithin, supportOf } from './support.ts';
import type { Forecast, Values } from './types.ts';

/** `window`: the values that were read; they tell whether values can be negative. */
export function answer(steps: readonly Quantiles[], window: Values, options: CheckedOptions): Forecast {
  return forecastWithin({ levels: GRID, steps }, supportOf(window, options), options);
}

/** Quantiles of a series whose values are all equal, or that has a single one: it stays so. */
export const constant = (value: number, horizon: number): Quantiles[] =>
  Array.from({ length: horizon }, () => new Float64Array(GRID.length).fill(value));
