/** The speed of a backend, and the inner values of a forward pass. */
export { measureDevice } from './measure.ts';
export { type Observed, observe } from './observe.ts';
