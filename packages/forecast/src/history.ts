/** What is asked of the past of a series: its season, its last value, where forecasts of it can begin. */
import { withoutGaps } from './gaps.ts';
import { findSeasons, seasonHintOf } from './model/seasons.ts';
import { type CheckedOptions, checkSeason } from './options.ts';
import type { SeasonOption } from './types.ts';

/** The last value that there is. */
export function lastOf(values: Float64Array): number {
  return values[values.findLastIndex((x) => !Number.isNaN(x))];
}

/** Steps of the shortest season that is given, or else of the one that is found in the values; 1: none. */
export function shortestSeason(values: Float64Array, given: readonly number[] | undefined): number {
  if (given !== undefined) return given[0] ?? 1;
  return findSeasons(withoutGaps(values)).first;
}

/** Steps of the season that the forecaster reads a series by, whatever is said of it; 1: none. */
export const mainSeason = (values: Float64Array, asked: CheckedOptions): number =>
  findSeasons(withoutGaps(values), seasonHintOf(asked)).first;

/** Values before the first that is forecast from those before it: two of the shortest season if given, 8 at least. */
export const defaultStart = (season: SeasonOption | undefined): number =>
  Math.max(8, 2 * (season === undefined ? 1 : (checkSeason(season)[0] ?? 1)));
