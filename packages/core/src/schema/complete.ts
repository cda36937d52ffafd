/** Values against the fields that declare them: defaults filled in, every value checked, unknown names refused. */
import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import type { Field } from './field.ts';
import { shown } from './shown.ts';

/** The name that was meant: d_model, d-model and dmodel all mean dModel. */
export function nearestName(name: string, names: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  return names.find((known) => plain(known) === plain(name)) ?? closest(name, [...names]);
}

/** Refuses names that are not known, with the nearest one. */
export function requireNames(where: string, given: object, known: readonly string[], kind = 'option'): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(
    where,
    `unknown ${kind} '${unknown}', expected ${known.join(', ')}. Did you mean '${nearestName(unknown, known)}'?`,
  );
}

/** The value that a field makes of what was given. Throws UsageError: what, got, expected, what to do. */
export function completeField<T>(where: string, name: string, field: Field<T>, given: unknown): T {
  const value = given ?? field.default;
  if (value === undefined && field.optional) return undefined as T;
  if (field.accepts(value)) return field.normalize ? field.normalize(value as T) : (value as T);
  const { advice } = field;
  const more = typeof advice === 'function' ? advice(value) : advice;
  throw new UsageError(
    where,
    `${name} is ${value === undefined ? 'missing' : shown(value)}, expected ${field.expected}.${more ? ` ${more}` : ''}`,
  );
}

/** All fields: defaults for what is not given, every value checked. `also`: further names that the caller knows. */
export function complete<F extends Readonly<Record<string, Field>>>(
  where: string,
  fields: F,
  given: object,
  also: readonly string[] = [],
): { [K in keyof F]: F[K] extends Field<infer T> ? T : never } {
  requireNames(where, given, [...Object.keys(fields), ...also]);
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    values[name] = completeField(where, name, field, (given as Record<string, unknown>)[name]);
  }
  return values as { [K in keyof F]: F[K] extends Field<infer T> ? T : never };
}
