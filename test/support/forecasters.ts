/** Forecasters whose answers are known. */
import { gaussianForecast } from '../../packages/forecast/src/baselines/gaussian.ts';
import { checkOptions } from '../../packages/forecast/src/baseOptions.ts';
import type { BaseOptions, SeriesForecaster, Values } from '../../packages/forecast/src/types.ts';

export interface Fake extends SeriesForecaster {
  /** The arguments of each call. */
  calls: { series: number[][]; options: BaseOptions }[];
}

/** Forecasts every step as normal around `of` the past, with one deviation. */
export function normalForecaster(name: string, of: (past: Values, ahead: number) => number, deviation = 1): Fake {
  const calls: Fake['calls'] = [];
  return {
    name,
    calls,
    async forecastAll(series, options) {
      const { horizon, ...checked } = checkOptions(options);
      calls.push({ series: series.map((values) => Array.from(values)), options });
      return series.map((past) => {
        const mean = Array.from({ length: horizon }, (_, t) => of(past, t + 1));
        return gaussianForecast({ mean, deviation: mean.map(() => deviation) }, checked);
      });
    },
  };
}

export const lastValue = (past: Values): number => past[past.length - 1];
