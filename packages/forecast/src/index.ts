/**
 * Forecasts of any series, without training.
 *
 * Whatever takes a forecaster runs with the model, with a baseline, or with your own: `{ name, forecastAll }`.
 *
 * @example
 * import { loadForecaster, openTimeTable } from '@mamba-ts/forecast';
 *
 * const forecaster = await loadForecaster();
 * const values = Array.from({ length: 60 }, (_, day) => 10 * (day % 7));
 * const { median, intervals } = await forecaster.forecast(values, { horizon: 3, levels: [80], lower: 0 });
 * console.log(median.map(Math.round)); // [ 40, 50, 60 ]
 * console.log(intervals['80'].low.every((low, step) => low <= median[step])); // true
 *
 * const table = await openTimeTable({ text: `day,visitors\n${values.map((y, i) => `${2000 + i},${y}`).join('\n')}` });
 * for await (const { series, forecast } of forecaster.forecast(table, { horizon: 3 })) {
 *   console.log(series.id, series.axis.label(series.values.length), Math.round(forecast.median[0])); // visitors 2060 40
 * }
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
export type { ForecastOptions } from './options.ts';
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
  Interval,
  SeasonOption,
  SeriesForecaster,
  SeriesStream,
  StreamOptions,
  StreamState,
  Values,
} from './types.ts';
