/** Forecasters measured on the past. */
export { type Backtest, backtest, type OverallScores, type SeriesScores } from './backtest.ts';
export { type HistoricalOptions, historical } from './historical.ts';
export { type BacktestOptions, backtestFields } from './options.ts';
export type { Scores } from './scores.ts';
export { backtestTable, markdown } from './scoreTable.ts';
export type { BacktestInput, NamedSeries } from './series.ts';
export { crossValidate, type Forecasters, type Window, type WindowBatch } from './windows.ts';
