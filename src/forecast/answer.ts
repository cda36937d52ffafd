/** From the network's quantiles of a series to the forecast that was asked for. */
import type { Quantiles } from './model/predict.ts';
import type { Track } from './model/track.ts';
import type { CheckedOptions } from './options.ts';
import { forecastOf, GRID } from './quantiles.ts';
import type { Forecast } from './types.ts';

/** `track`: of the series, whose values say of what kind they are. */
export function answer(steps: readonly Quantiles[], track: Track, asked: CheckedOptions): Forecast {
  const { least } = track.measures;
  const floor = (asked.nonNegative ?? least >= 0) ? 0 : -Infinity;
  const table = steps.map((values) => values.map((x) => Math.max(floor, asked.integer ? Math.round(x) : x)));
  return forecastOf({ levels: GRID, steps: table }, asked);
}

/** Of a series whose values are all one, or that has a single one: it stays so. */
export const flat = (value: number, horizon: number): Quantiles[] =>
  Array.from({ length: horizon }, () => new Float64Array(GRID.length).fill(value));
