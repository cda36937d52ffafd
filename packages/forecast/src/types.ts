/** What a forecast is asked for and what it says: the same for the model, for baselines and for what is served. */

import type { BaseOptions } from './options.ts';

export type { BaseOptions, ForecastOptions } from './options.ts';
export type { SeasonOption } from './seasons.ts';

/** One series: its values in order, a step apart; NaN where one is missing. */
export type Values = ArrayLike<number>;

export interface Interval {
  low: number[];
  high: number[];
}

export interface Forecast {
  mean: number[];
  median: number[];
  /** By probability, '0.1' … '0.9'; they never cross. */
  quantiles: Record<string, number[]>;
  /** By level, '80'; only where levels were asked for. */
  intervals?: Record<string, Interval>;
}

/** Whatever forecasts series: the model, or a baseline that it is measured against. */
export interface SeriesForecaster {
  readonly name: string;
  /** One forecast for each series, in order. */
  forecastAll(series: readonly Values[], options: BaseOptions): Promise<Forecast[]>;
}
