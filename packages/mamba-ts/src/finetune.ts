/**
 * `mamba-ts/finetune` is `@mamba-ts/forecast/finetune`: trains the forecaster further on your own series. Node only.
 *
 * @module
 */
export * from '@mamba-ts/forecast/finetune';
