/** What a forecast is asked for and what it says: the same for the model, for baselines and for what is served. */

/** One series: its values in order, a step apart; NaN where one is missing. */
export type Values = ArrayLike<number>;

/**
 * Steps of a season, or of several; 1: none. Those that are only likely, as a calendar has them, are taken where
 * the values show them.
 */
export type SeasonOption = number | readonly number[] | { readonly likely: readonly number[] };

export interface ForecastOptions {
  /** Steps ahead. */
  horizon: number;
  /** Central intervals in per cent, e.g. [80, 95]: their bounds come as `intervals`. */
  levels?: readonly number[];
  /** Each between 0 and 1. Default: 0.1 … 0.9. */
  quantiles?: readonly number[];
  /** Default: found in the values. */
  season?: SeasonOption;
  /** Whether values can be below 0. Default: found in the values. */
  nonNegative?: boolean;
  /** Whether values are whole numbers. Default: false. */
  integer?: boolean;
}

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
  forecastAll(series: readonly Values[], options: ForecastOptions): Promise<Forecast[]>;
}
