/** POST /v1/forecast: series in, their futures out. */
import type { Forecast, ForecastOptions } from '../forecast/types.ts';
import { checkSeries, common, optionsOf, quantiles, wholeNumber } from './fields.ts';
import { within } from './limits.ts';
import type { Route } from './route.ts';
import { fields, validated } from './validate.ts';

const body = fields({ ...common, horizon: wholeNumber, quantiles });

/** Quantiles of an answer where none are asked for. */
const USUAL = 9;

export interface ForecastAnswer {
  model: string;
  /** In the order of the request. */
  forecasts: ({ id?: string | number; times?: string[] } & Forecast)[];
}

export const forecastRoute: Route = {
  method: 'POST',
  path: '/v1/forecast',
  about: 'the next `horizon` steps of each series: mean, median, quantiles, intervals',
  example: { series: [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118], horizon: 3, levels: [80] },
  async answer(request, { forecaster, limits }): Promise<ForecastAnswer> {
    const wanted = validated(body, request);
    const { series, horizon } = wanted;
    checkSeries(series, horizon, limits);
    const options = optionsOf(wanted);
    within(limits, 'numbers', series.length * horizon * numbersOfStep(options));
    const found = await forecaster.forecastAll(
      series.map(({ values }) => values),
      options,
    );
    return {
      model: forecaster.name,
      forecasts: found.map((one, i) => ({ ...(series[i].id !== undefined && { id: series[i].id }), ...one })),
    };
  },
};

/** Mean, median, quantiles, and two bounds a level. */
const numbersOfStep = ({ quantiles, levels = [] }: ForecastOptions): number =>
  2 + (quantiles?.length ?? USUAL) + 2 * levels.length;
