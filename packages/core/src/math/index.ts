/** math. */
export { fft } from './fft.ts';
export { normalCdf, normalDensity, normalQuantile } from './normal.ts';
