/** layers. */
export { commonFields, type Field, fieldsOf, type ModelConfig, nearestName } from './config.ts';
export { State, stateBytes, stateGrows } from './state.ts';
