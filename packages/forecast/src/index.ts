/**
 * Forecasts of any series, without training.
 *
 * Functions that take a `SeriesForecaster` run with the model, a baseline, or one of your own.
 *
 * @example
 * import { loadForecaster } from '@mamba-ts/forecast';
 *
 * const forecaster = await loadForecaster();
 * const values = Array.from({ length: 60 }, (_, day) => 10 * (day % 7));
 * const { median, intervals } = await forecaster.forecast(values, { horizon: 3, levels: [80] });
 * console.log(median.map(Math.round)); // [ 40, 50, 60 ]
 * console.log(intervals['80'].low.every((low, step) => low <= median[step])); // true
 * forecaster.dispose();
 *
 * @module
 */
export {
  AnomalyDetector,
  type Detection,
  type DetectionOptions,
  type DetectorOptions,
  detectAnomalies,
  type Judgement,
} from './anomalies/index.ts';
export {
  type Backtest,
  type BacktestOptions,
  backtest,
  backtestTable,
  crossValidate,
  type HistoricalOptions,
  historical,
  type NamedSeries,
  type OverallScores,
  type SeriesScores,
  type Window as BacktestWindow,
  type WindowOptions,
} from './backtest/index.ts';
export { BASELINES, type BaselineName, openBaseline } from './baselines/index.ts';
export * from './covariates/index.ts';
export { Forecaster } from './forecaster.ts';
export { forecastTable, type SeriesForecast, type TableForecastOptions, viewOf } from './forecastTable.ts';
export { forecastIntermittent, type IntermittentForecast, isIntermittent } from './intermittent.ts';
export { loadForecaster } from './load.ts';
export * as metrics from './metrics/index.ts';
export * as report from './report/index.ts';
export type { ForecastStream, StreamOptions, StreamState } from './stream.ts';
export { type BoundedOptions, forecastBounded } from './support.ts';
export * as tables from './timeTable/index.ts';
export { openTimeTable, type TableSeries, TimeAxis, type TimeTable, type TimeTableOptions } from './timeTable/index.ts';
export type {
  Forecast,
  ForecastOptions,
  Interval,
  SeasonOption,
  SeriesForecaster,
  Values,
} from './types.ts';
