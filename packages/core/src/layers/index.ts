/** The state of a model and the config that all families share. */
export type { AnyConfig, ModelConfig } from './config.ts';
export { State, stateBytes, stateGrows } from './state.ts';
