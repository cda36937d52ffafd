/** The interface of forecasters and what they answer: the same for the model, for baselines and for your own. */
import type { BaseOptions } from './baseOptions.ts';
import type { CovariateMode } from './covariates/modes.ts';
import type { SeasonOption } from './seasons.ts';

export type { BaseOptions } from './baseOptions.ts';
export type { CovariateMode } from './covariates/modes.ts';
export type { SeasonOption } from './seasons.ts';

/** One series: its values in order, one step apart; NaN (or null) where one is missing. */
export type Values = ArrayLike<number>;

/** The ends of a central interval at each step ahead. */
export interface Interval {
  low: number[];
  high: number[];
}

/** The distribution of each step ahead. */
export interface Forecast {
  mean: number[];
  median: number[];
  /** By probability, '0.1' … '0.9'; they never cross. */
  quantiles: Record<string, number[]>;
  /** By level, '80'; only where levels were given. */
  intervals?: Record<string, Interval>;
  /** Sample paths, each with one value a step; only where `samples` was given. */
  samples?: number[][];
  /** What covariates did; only where there are any. */
  covariates?: CovariateReport;
  /** With `intermittent`: the share of the demand model in the answer, 0, 0.5 or 1. The rest is the forecaster's. */
  demand?: number;
}

/** What covariates did in a forecast. */
export interface CovariateReport {
  /** Names of the covariates that the forecast uses; none: it is the forecast without covariates. */
  used: string[];
  dropped: string[];
  /** Those of `used` whose future leaves the range of their past, such as a higher price: their effect is extrapolated. */
  beyond: string[];
  mode?: CovariateMode;
  /** The share of the quantile error on the last windows of the past that they remove; undefined: too few values. */
  gain?: number;
  /** By name, what each adds to each step ahead, relative to its mean in the past; for a product, its factor. */
  effect: Record<string, number[]>;
}

/** Whatever forecasts series: the model, a baseline, or your own. */
export interface SeriesForecaster {
  readonly name: string;
  /** One forecast for each series, in order. `options` are checked, and their `quantiles` given. */
  forecastAll(series: readonly Values[], options: BaseOptions): Promise<Forecast[]>;
  /** Reads a series value by value. Default: for each forecast, the last 4,096 values are read again. */
  stream?(options?: StreamOptions): SeriesStream;
  /** A stream that continues from a saved one. Default: a new one, which observes the values of the saved one. */
  restoreStream?(state: StreamState): SeriesStream;
  /** Frees what it holds. */
  dispose?(): void;
}

/** The options of a stream. */
export interface StreamOptions {
  /** The season belongs to the stream: what is read depends on it. Default: found in the values. */
  season?: SeasonOption;
}

/** One series, read value by value. */
export interface SeriesStream {
  /** The next value; NaN where it is missing. */
  observe(value: number): void;
  /** The forecast from all values so far. */
  forecast(options: Omit<BaseOptions, 'season'>): Promise<Forecast>;
  dispose?(): void;
}

/** A saved stream, as plain JSON. */
export interface StreamState {
  version: 1;
  season?: SeasonOption;
  /** Values observed in total. */
  count: number;
  /** The last of them; null: missing. */
  values: (number | null)[];
}
