/** Metrics of forecasts: errors of points, of quantiles and of intervals. */
export { mae, mase, rmsse, seasonalError, smape } from './errors.ts';
export { coverage, crps, meanWidth, pinball, type Quantiles, quantileSums, wql, wqlOf } from './quantileErrors.ts';
