/** POST /v1/forecast: series in, their futures out. */
import type { Forecast, ForecastOptions, SeriesForecaster } from '../forecast/types.ts';
import { checkSeries, common, optionsOf, quantiles, wholeNumber } from './fields.ts';
import { within } from './limits.ts';
import type { Route } from './route.ts';
import { frequencyOf, type PlacedSeries, placedAll } from './times.ts';
import { fields, validated } from './validate.ts';

const body = fields({ ...common, horizon: wholeNumber, quantiles });

/** Quantiles of an answer where none are asked for. */
const USUAL = 9;

export interface ForecastAnswer {
  model: string;
  /** In the order of the request; ids where it has them, times where it has times. */
  forecasts: ({ id?: string | number; times?: (string | number)[] } & Forecast)[];
}

export const forecastRoute: Route = {
  method: 'POST',
  path: '/v1/forecast',
  about: 'the next `horizon` steps of each series: mean, median, quantiles, intervals',
  example: { series: [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118], horizon: 3, levels: [80] },
  async answer(request, { forecaster, limits }): Promise<ForecastAnswer> {
    const wanted = validated(body, request);
    const { horizon } = wanted;
    checkSeries(wanted.series, horizon, limits);
    const options = optionsOf(wanted);
    within(limits, 'numbers', wanted.series.length * horizon * numbersOfStep(options));
    const frequency = frequencyOf(wanted.frequency);
    const series = placedAll(wanted.series, frequency, limits);
    const found = await forecastPlaced(forecaster, series, options);
    return {
      model: forecaster.name,
      forecasts: series.map(({ id, values, timesOf }, i) => ({
        ...(id !== undefined && { id }),
        ...(timesOf && { times: timesOf(values.length, horizon) }),
        ...found[i],
      })),
    };
  },
};

/** Series of the same seasons in one call; a season that the request says goes before those of the calendar. */
async function forecastPlaced(
  forecaster: SeriesForecaster,
  series: readonly PlacedSeries[],
  options: ForecastOptions,
): Promise<Forecast[]> {
  const groups = new Map<string, number[]>();
  series.forEach(({ seasons }, i) => {
    const key = options.season === undefined ? seasons.join() : '';
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  const found: Forecast[] = [];
  await Promise.all(
    [...groups].map(async ([key, places]) => {
      const answers = await forecaster.forecastAll(
        places.map((i) => series[i].values),
        key === '' ? options : { ...options, season: series[places[0]].seasons },
      );
      places.forEach((i, k) => {
        found[i] = answers[k];
      });
    }),
  );
  return found;
}

/** Mean, median, quantiles, and two bounds a level. */
const numbersOfStep = ({ quantiles, levels = [] }: ForecastOptions): number =>
  2 + (quantiles?.length ?? USUAL) + 2 * levels.length;
