/** Forecasters measured on the past. */
export { type Backtest, type BacktestOptions, backtest, type OverallScores, type SeriesScores } from './backtest.ts';
export { type HistoricalOptions, historical } from './historical.ts';
export type { Scores } from './scores.ts';
export { backtestTable, markdown } from './scoreTable.ts';
export { crossValidate, type NamedSeries, type Window, type WindowBatch, type WindowOptions } from './windows.ts';
