/** mamba-ts/serve: forecasts over HTTP. Apart from the core, which pages load. */
export type { AnomaliesAnswer, SeriesAnomalies } from './anomaliesRoute.ts';
export type { BacktestAnswer } from './backtestRoute.ts';
export { type ForecastAnswer, forecastRoute } from './forecastRoute.ts';
export { curlLine } from './frontPage.ts';
export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { type Listening, type ListenOptions, listen } from './node.ts';
