/** Options and configs, declared once: their defaults, checks, errors, flags and help follow. */
export { complete, completeField, FieldError, nearestName, pathText, requireNames } from './complete.ts';
export {
  type Fault,
  type Field,
  type FieldOptions,
  faultOf,
  field,
  type InputsOf,
  isPlainObject,
  type Path,
  type ValuesOf,
} from './field.ts';
export { shown } from './shown.ts';
