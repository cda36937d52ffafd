/**
 * A forecaster with the options of a forecast:
 *
 *   forecaster → covariates → intermittent demand → bounds
 *
 * Each part takes a forecaster of tasks and is a forecaster of tasks, so all of them can be combined. Holidays, the
 * calendar and series that are read together are covariates, so they need no part of their own (prepare.ts).
 */
import { withCovariates } from '../covariates/forecast.ts';
import { withDemand } from '../intermittent.ts';
import type { CheckedForecast } from '../options.ts';
import { withBounds } from '../support.ts';
import type { TaskForecaster } from '../task.ts';
import type { SeriesForecaster } from '../types.ts';

/** Adds the parts that the options need. */
export function compose(
  forecaster: SeriesForecaster,
  { mode, intermittent, lower, upper, nonNegative, integer }: Omit<CheckedForecast, 'season'>,
): TaskForecaster {
  let composed = withCovariates(forecaster, mode);
  if (intermittent) composed = withDemand(composed);
  if (lower !== undefined || upper !== undefined || nonNegative || integer) {
    composed = withBounds(composed, { lower, upper, nonNegative });
  }
  return composed;
}
