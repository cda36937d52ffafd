/** The names of backends. Open one with `openBackend` of @mamba-ts/core/tensor. */
export type { BackendName } from './open.ts';
