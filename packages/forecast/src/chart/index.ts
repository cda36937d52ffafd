/** Charts as SVG text. */
export { type Figure, figure, type Panel, type Series } from './figure.ts';
export type { Axis } from './scale.ts';
