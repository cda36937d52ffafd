/** inspect. */
export { measureDevice } from './measure.ts';
export { type Observed, observe } from './observe.ts';
