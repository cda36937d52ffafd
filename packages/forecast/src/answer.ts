/** From the network's quantiles of a series to the forecast that was asked for. */
import type { Quantiles } from './model/predict.ts';
import type { CheckedOptions } from './options.ts';
import { GRID } from './quantiles.ts';
import { forecastWithin, supportOf } from './support.ts';
import type { Forecast, Values } from './types.ts';

/** `window`: the values that were read; they say of what kind values are. */
export function answer(steps: readonly Quantiles[], window: Values, asked: CheckedOptions): Forecast {
  return forecastWithin({ levels: GRID, steps }, supportOf(window, asked), asked);
}

/** Of a series whose values are all one, or that has a single one: it stays so. */
export const flat = (value: number, horizon: number): Quantiles[] =>
  Array.from({ length: horizon }, () => new Float64Array(GRID.length).fill(value));
