/**
 * `mamba-ts/serve` is `@mamba-ts/server`: forecasts over HTTP.
 *
 * @module
 */
export * from '@mamba-ts/server';
