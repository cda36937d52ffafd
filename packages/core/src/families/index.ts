/** families. */
export { configOf, familyOf, modelNames } from './registry.ts';
