/** POST /v1/forecast: series in, their futures out. */
import { UsageError } from '@mamba-ts/core/errors';
import { forecastTasks, skippedSteps } from '@mamba-ts/forecast/compose';
import { type CheckedForecast, checkForecast, forecastFields } from '@mamba-ts/forecast/options';
import type { Forecast } from '@mamba-ts/forecast/types';
import { checkBody, checkKnown, checkSeries, frequency, given, series } from './fields.ts';
import { within } from './limits.ts';
import { Refusal } from './refusal.ts';
import { type PlacedSeries, placedAll } from './requestTimes.ts';
import type { Route } from './route.ts';

const fields = { series, ...forecastFields, frequency };

/** The answer of POST /v1/forecast. */
export interface ForecastAnswer {
  model: string;
  /** In the order of the request; ids where it has them, times where it has times. */
  forecasts: ({ id?: string | number; times?: (string | number)[] } & Forecast)[];
}

/** POST /v1/forecast. */
export const forecastRoute: Route = {
  method: 'POST',
  path: '/v1/forecast',
  about: 'the next `horizon` steps of each series: mean, median, quantiles, intervals',
  example: { series: [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118], horizon: 3, levels: [80] },
  async answer(request, { forecaster, limits }): Promise<ForecastAnswer> {
    const { series: all, frequency: step, horizon } = checkBody(fields, request);
    const wish = { ...given(forecastFields, request), horizon };
    const options = refusing(() => checkForecast(wish));
    checkSeries(all, limits);
    within(limits, 'horizon', horizon);
    within(limits, 'numbers', all.length * horizon * numbersOfStep(options));
    const placed = placedAll(all, step, limits);
    const furthest = Math.max(...placed.map((one, i) => stepsAhead(one, i, options)));
    within(limits, 'horizon', furthest);
    within(limits, 'numbers', all.length * furthest * numbersOfStep(options));
    const forecasts: ForecastAnswer['forecasts'] = [];
    for await (const { task, forecast, from } of forecastTasks(forecaster, placed, {
      ...options,
      season: wish.season,
    })) {
      const { given: one, values, timesOf } = task;
      forecasts.push({
        ...(one.id !== undefined && { id: one.id }),
        ...(timesOf && { times: timesOf(values.length + from - 1, horizon) }),
        ...forecast,
      });
    }
    return { model: forecaster.name, forecasts };
  },
};

/** Options that contradict each other are a mistake of the request. */
function refusing<T>(check: () => T, path?: string): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof UsageError ? new Refusal(400, error.what, path) : error;
  }
}

/** Steps that are forecast of a series; refuses known covariates that do not reach as far. */
function stepsAhead(series: PlacedSeries, i: number, options: CheckedForecast): number {
  const steps = refusing(() => skippedSteps(series, options), 'from') + options.horizon;
  checkKnown(series.given, i, steps);
  return steps;
}

/** Mean, median, quantiles, two bounds a level, and sample paths. */
const numbersOfStep = ({ quantiles, levels = [], samples = 0 }: CheckedForecast): number =>
  2 + quantiles.length + 2 * levels.length + samples;
