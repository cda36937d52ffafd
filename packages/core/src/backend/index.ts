/** The names of backends, and their threads. Open one with `openBackend` of @mamba-ts/core/tensor. */
export { threadCount } from './device.ts';
export { type BackendName, nativeKernels, type OpenOptions } from './open.ts';
