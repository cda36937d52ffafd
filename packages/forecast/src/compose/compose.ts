/**
 * A forecaster with the options of a forecast:
 *
 *   forecaster → covariates → parts that forecast the past as well → parts that change the answer → sample paths
 *
 * Each part takes a forecaster of tasks and is a forecaster of tasks, so all of them can be combined. ../parts.ts lists
 * them. Holidays, the calendar and series that are read together are covariates, so they need no part of their own
 * (prepare.ts).
 */
import type { ValuesOf } from '@mamba-ts/core/schema';
import type { CheckedOptions } from '../baseOptions.ts';
import { withCovariates } from '../covariates/forecast.ts';
import type { CheckedForecast } from '../options.ts';
import type { FieldsOf } from '../part.ts';
import { answerParts, pastParts } from '../parts.ts';
import { withSamples } from '../samplePaths.ts';
import type { TaskForecaster } from '../task.ts';
import type { SeriesForecaster } from '../types.ts';

/** Adds covariates, all parts, and sample paths of the answer. */
export function compose(forecaster: SeriesForecaster, options: Omit<CheckedForecast, 'season'>): TaskForecaster {
  let composed = withCovariates(forecaster, options.mode);
  for (const part of pastParts) composed = part.wrap(composed, options);
  return withSamples(composeAnswer(composed, options), options);
}

/** Adds the parts that change the answer: streams have them, too. */
export function composeAnswer(
  forecaster: TaskForecaster,
  options: Omit<CheckedOptions, 'season'> & ValuesOf<FieldsOf<typeof answerParts>>,
): TaskForecaster {
  let composed = forecaster;
  for (const part of answerParts) composed = part.wrap(composed, options);
  return composed;
}
