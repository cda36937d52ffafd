/**
 * mamba-ts: forecasts of any series without training, and selective state space models in Node and the browser.
 *
 * @example
 * const forecaster = await loadForecaster();
 * const { median } = await forecaster.forecast(values, { horizon: 24 });
 *
 * @module
 */
export * from '@mamba-ts/core';
export * from '@mamba-ts/forecast';
