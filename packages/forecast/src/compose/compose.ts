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

type Options = Omit<CheckedForecast, 'season'>;

/** Adds the parts that the options need. A new part is an import and a line here, or in composeAnswer(). */
export function compose(forecaster: SeriesForecaster, options: Options): TaskForecaster {
  let composed = withCovariates(forecaster, options.mode);
  if (options.intermittent) composed = withDemand(composed);
  return composeAnswer(composed, options);
}

/** Adds the parts that change the answer, whatever it was made from: streams have them too. */
export function composeAnswer(
  forecaster: TaskForecaster,
  options: Omit<Options, 'mode' | 'intermittent' | 'together' | 'holidays' | 'calendar'>,
): TaskForecaster {
  const { lower, upper, nonNegative, integer } = options;
  let composed = forecaster;
  if (lower !== undefined || upper !== undefined || nonNegative || integer) composed = withBounds(composed, options);
  return composed;
}
