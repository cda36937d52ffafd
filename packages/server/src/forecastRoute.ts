/** POST /v1/forecast: series in, their futures out. */
import { forecastWithCovariates } from '@mamba-ts/forecast/covariates';
import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import type { Forecast, ForecastOptions, SeriesForecaster } from '@mamba-ts/forecast/types';
import { checkSeries, common, given, levels, type NamedSeries, quantiles, series, wholeNumber } from './fields.ts';
import { within } from './limits.ts';
import { type PlacedSeries, placedAll } from './requestTimes.ts';
import type { Route } from './route.ts';
import { fields, validated } from './validate.ts';

const body = fields({ series, horizon: wholeNumber, levels, quantiles, ...common });

type Wish = ForecastOptions & { series: NamedSeries[]; frequency?: string };

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
    const { series: all, frequency, ...options } = given(validated(body, request)) as Wish;
    const { horizon } = options;
    checkSeries(all, limits, horizon);
    within(limits, 'numbers', all.length * horizon * numbersOfStep(options));
    const placed = placedAll(all, frequency, limits);
    const found = await forecastPlaced(forecaster, placed, options);
    return {
      model: forecaster.name,
      forecasts: placed.map(({ id, values, timesOf }, i) => ({
        ...(id !== undefined && { id }),
        ...(timesOf && { times: timesOf(values.length, horizon) }),
        ...found[i],
      })),
    };
  },
};

/** Series of the same seasons in one call, those with covariates each by itself. */
async function forecastPlaced(
  forecaster: SeriesForecaster,
  series: readonly PlacedSeries[],
  options: ForecastOptions,
): Promise<Forecast[]> {
  const found: Forecast[] = [];
  const groups = new Map<string, number[]>();
  const alone: number[] = [];
  series.forEach(({ seasons, past, known }, i) => {
    const key = seasons.join();
    if (past || known) alone.push(i);
    else
      groups
        .set(key, groups.get(key) ?? [])
        .get(key)
        ?.push(i);
  });
  // A season that the request says goes before those of the calendar.
  const asked = ({ seasons }: PlacedSeries) => ({ season: calendarSeasons(seasons), ...options });
  const together = async (places: readonly number[]) => {
    const values = places.map((i) => series[i].values);
    const answers = await forecaster.forecastAll(values, asked(series[places[0]]));
    places.forEach((i, k) => {
      found[i] = answers[k];
    });
  };
  const withCovariates = async (i: number) => {
    const { values, past, known } = series[i];
    found[i] = await forecastWithCovariates(forecaster, values, { past, known }, asked(series[i]));
  };
  await Promise.all([...[...groups.values()].map(together), ...alone.map(withCovariates)]);
  return found;
}

/** Mean, median, quantiles, and two bounds a level. */
const numbersOfStep = ({ quantiles, levels = [] }: ForecastOptions): number =>
  2 + (quantiles?.length ?? USUAL) + 2 * levels.length;
