/** chart. */
export { figure, type Figure, type Panel, type Series } from './figure.ts';
export type { Axis } from './scale.ts';
