/** inspect. */
export { measureDevice } from './measure.ts';
export { observe, type Observed } from './observe.ts';
