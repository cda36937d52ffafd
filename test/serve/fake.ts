/** A forecaster of a few lines: the last season again, ± the spread of the values. */
import { normalQuantile } from '../../src/forecast/normal.ts';
import type { Forecast, ForecastOptions, SeriesForecaster, Values } from '../../src/forecast/types.ts';

const TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

export function naive(values: Values, { horizon, season = 1, levels, quantiles = TENTHS }: ForecastOptions): Forecast {
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  const period = Math.min(Number([season].flat()[0]), known.length);
  const mean = Array.from({ length: horizon }, (_, h) => known[known.length - period + (h % period)]);
  const spread = Math.max(...known) - Math.min(...known);
  return {
    mean,
    median: mean,
    quantiles: Object.fromEntries(quantiles.map((p) => [p, mean.map((m) => m + normalQuantile(p) * spread)])),
    ...(levels && {
      intervals: Object.fromEntries(
        levels.map((level) => [
          String(level),
          { low: mean.map((m) => m - (level / 50) * spread), high: mean.map((m) => m + (level / 50) * spread) },
        ]),
      ),
    }),
  };
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
        if (values[0] === -1) throw new Error('forecast: the series begins with −1, expected another.');
        if (values[0] === -2) throw new TypeError('x is undefined');
        return naive(values, options);
      });
    },
  };
}
