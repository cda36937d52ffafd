/**
 * Forecasts of any series, without training.
 *
 * @example
 * const forecaster = await loadForecaster();
 * const { median, intervals } = await forecaster.forecast(values, { horizon: 24, levels: [80, 95] });
 *
 * const table = await openTimeTable('sales.csv');
 * for await (const { series, forecast } of forecaster.forecast(table, { horizon: 28, holidays: 'DE', lower: 0 })) {
 *   console.log(series.id, series.axis.label(series.values.length), forecast.median);
 * }
 *
 * Whatever takes a forecaster runs with the model, with a baseline, or with one of your own: `{ name, forecastAll }`.
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
  type SeriesDetection,
} from './anomalies/index.ts';
export {
  type Backtest,
  type BacktestInput,
  type BacktestOptions,
  backtest,
  crossValidate,
  type HistoricalOptions,
  historical,
  type NamedSeries,
  type OverallScores,
  type SeriesScores,
  type Window as BacktestWindow,
} from './backtest/index.ts';
export { type BaselineName, baselineNames, openBaseline } from './baselines/index.ts';
export type { Time } from './compose/inputs.ts';
export type { CalendarKind, CalendarOptions } from './covariates/calendarFeatures.ts';
export type { CovariateValues } from './covariates/columns.ts';
export type { HolidayOptions, HolidayType } from './covariates/holidays.ts';
export {
  Forecaster,
  type ForecastOf,
  type SeriesForecast,
  type SeriesOptions,
  type SeveralOptions,
  type TableOptions,
} from './forecaster.ts';
export { loadForecaster } from './load.ts';
export * as metrics from './metrics/index.ts';
export * as report from './report/index.ts';
export type { ResultStream } from './resultStream.ts';
export type { ForecastStream, StreamForecastOptions } from './stream.ts';
export * as tables from './timeTable/index.ts';
export {
  openTimeTable,
  type TableSeries,
  type TimeAxis,
  type TimeTable,
  type TimeTableOptions,
} from './timeTable/index.ts';
export type {
  BaseOptions,
  CovariateMode,
  CovariateReport,
  Forecast,
  ForecastOptions,
  Interval,
  SeasonOption,
  SeriesForecaster,
  SeriesStream,
  StreamOptions,
  StreamState,
  Values,
} from './types.ts';
