/**
 * Everything of `@mamba-ts/forecast` and `@mamba-ts/core` by one import, and the command `mamba-ts`.
 *
 * @example
 * import { loadForecaster } from 'mamba-ts';
 *
 * const forecaster = await loadForecaster();
 * const values = Array.from({ length: 60 }, (_, day) => 10 * (day % 7));
 * const { median } = await forecaster.forecast(values, { horizon: 3 });
 * console.log(median.map(Math.round)); // [ 40, 50, 60 ]
 * forecaster.dispose();
 *
 * @module
 */
export * from '@mamba-ts/core';
export * from '@mamba-ts/forecast';
