/** mamba-ts/serve: forecasts over HTTP. Apart from the core, which pages load. */
export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
export type { ForecastAnswer } from './forecastRoute.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { type Listening, type ListenOptions, listen } from './node.ts';
