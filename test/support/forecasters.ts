/** Forecasters whose answers are known. */
import { gaussianForecast } from '../../packages/forecast/src/baselines/gaussian.ts';
import { checkOptions } from '../../packages/forecast/src/options.ts';
import type { ForecastOptions, SeriesForecaster, Values } from '../../packages/forecast/src/types.ts';

export interface Fake extends SeriesForecaster {
  /** What it was asked, call by call. */
  calls: { series: number[][]; options: ForecastOptions }[];
}

/** Every step normal around what `of` says of the past, with one deviation. */
export function normalForecaster(name: string, of: (past: Values, ahead: number) => number, deviation = 1): Fake {
  const calls: Fake['calls'] = [];
  return {
    name,
    calls,
    async forecastAll(series, options) {
      const { horizon, ...asked } = checkOptions(options);
      calls.push({ series: series.map((values) => Array.from(values)), options });
      return series.map((past) => {
        const mean = Array.from({ length: horizon }, (_, t) => of(past, t + 1));
        return gaussianForecast({ mean, deviation: mean.map(() => deviation) }, asked);
      });
    },
  };
}

export const lastValue = (past: Values): number => past[past.length - 1];
