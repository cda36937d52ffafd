/** Facts about the past of a series: its season, its last value, where forecasts of it can begin. */
import { withoutGaps } from './gaps.ts';
import { findSeasons } from './model/seasons.ts';
import { type SeasonHint, type SeasonOption, seasonHint, stepsOfSeasons } from './seasons.ts';

/** The last value that is not missing. */
export function lastOf(values: Float64Array): number {
  return values[values.findLastIndex((x) => !Number.isNaN(x))];
}

/** Steps of the shortest season that is known or likely, else of the one that is found in the values; 1: none. */
export function shortestSeason(values: Float64Array, hint: SeasonHint): number {
  const [shortest] = stepsOfSeasons(hint);
  if (shortest !== undefined) return shortest;
  return 'known' in hint ? 1 : findSeasons(withoutGaps(values)).first;
}

/** Steps of the season by which the model reads a series; 1: none. */
export const mainSeason = (values: Float64Array, hint: SeasonHint): number =>
  findSeasons(withoutGaps(values), hint).first;

/** Values before the first one that is forecast: two of the shortest season that is given, 8 at least. */
export function defaultStart(season: SeasonOption | undefined): number {
  const [shortest = 1] = stepsOfSeasons(seasonHint(season));
  return Math.max(8, 2 * shortest);
}
