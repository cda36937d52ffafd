/**
 * Forecasts over HTTP: a handler on Web standards, and its adapter for Node.
 *
 * @example
 * import { loadForecaster } from '@mamba-ts/forecast';
 * import { createHandler } from '@mamba-ts/server';
 *
 * const forecaster = await loadForecaster();
 * const handler = createHandler({ forecaster });
 * const response = await handler(new Request('http://localhost/health'));
 * console.log((await response.json()).status); // ok
 * forecaster.dispose();
 *
 * @module
 */
export type { AnomaliesAnswer, SeriesAnomalies } from './anomaliesRoute.ts';
export type { BacktestAnswer } from './backtestRoute.ts';
export { type ForecastAnswer, forecastRoute } from './forecastRoute.ts';
export { curlLine } from './frontPage.ts';
export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { type Listening, type ListenOptions, listen } from './node.ts';
