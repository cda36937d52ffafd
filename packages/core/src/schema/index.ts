/** Options and configs, declared once: their defaults, checks, errors, flags and help follow. */
export { complete, completeField, nearestName, requireNames } from './complete.ts';
export { type Field, type FieldOptions, field, type ValuesOf } from './field.ts';
export { shown } from './shown.ts';
