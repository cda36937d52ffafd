/** A forecaster of a few lines: the last season again, ± the spread of the values. */
import { UsageError } from '../../core/src/errors.ts';
import { gaussianForecast } from '../../forecast/src/baselines/gaussian.ts';
import { checkOptions } from '../../forecast/src/baseOptions.ts';
import { stepsOfSeasons } from '../../forecast/src/seasons.ts';
import type { BaseOptions, Forecast, SeriesForecaster, Values } from '../../forecast/src/types.ts';

export function naive(values: Values, options: BaseOptions): Forecast {
  const { horizon, season, ...asked } = checkOptions(options);
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  const [shortest = 1] = stepsOfSeasons(season);
  const period = Math.min(shortest, known.length);
  const mean = Array.from({ length: horizon }, (_, h) => known[known.length - period + (h % period)]);
  const spread = Math.max(...known) - Math.min(...known);
  return gaussianForecast({ mean, deviation: mean.map(() => spread) }, asked);
}

export interface FakeForecaster extends SeriesForecaster {
  /** How many series each call had, and its horizon. */
  calls: { series: number; horizon: number }[];
}

/** Refuses series that begin with −1, as a user's mistake; falls over those that begin with −2. */
export function fakeForecaster(): FakeForecaster {
  const calls: FakeForecaster['calls'] = [];
  return {
    name: 'fake',
    calls,
    async forecastAll(series, options) {
      calls.push({ series: series.length, horizon: options.horizon });
      await new Promise((resolve) => setTimeout(resolve, 1));
      return series.map((values) => {
        if (values[0] === -1) throw new UsageError('forecast', 'the series begins with −1, expected another.');
        if (values[0] === -2) throw new TypeError('x is undefined');
        return naive(values, options);
      });
    },
  };
}
