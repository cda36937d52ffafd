/** Values against the fields that declare them: defaults filled in, every value checked, unknown names refused. */
import { closest, distance } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import { type Fault, type Field, faultIn, faultOf, normalized, type Path, type ValuesOf, within } from './field.ts';
import { shown } from './shown.ts';

/** The name that was meant: d_model, d-model and dmodel all mean dModel. */
export function nearestName(name: string, names: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  return names.find((known) => plain(known) === plain(name)) ?? closest(name, [...names]);
}

const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;
const LONGEST_NAME = 40;

/** A path as code writes it: series[3].values[17], known["is holiday"]. */
export function pathText(path: Path): string {
  return path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!PLAIN_NAME.test(key)) return `[${shown(key, LONGEST_NAME)}]`;
      return i === 0 ? key : `.${key}`;
    })
    .join('');
}

/**
 * A value that its field refuses, or a name that no field has. What was got, what is expected and what to do are
 * properties as well, for those that word the sentence anew.
 */
export class FieldError extends UsageError implements Fault {
  override readonly name: string = 'FieldError';
  readonly path: Path;
  readonly got: unknown;
  readonly expected: string;
  readonly advice: string | undefined;
  readonly known: readonly string[] | undefined;

  /** `kind`: what an unknown name is called. Default: 'option'. */
  constructor(where: string, fault: Fault, kind = 'option') {
    super(where, sentence(fault, kind));
    this.path = fault.path;
    this.got = fault.got;
    this.expected = fault.expected;
    this.advice = fault.advice;
    this.known = fault.known;
  }
}

function sentence({ path, got, expected, advice, known }: Fault, kind: string): string {
  const place = pathText(path);
  if (known) {
    const name = String(path.at(-1));
    const meant = nearestName(name, known);
    const isNear = distance(name.toLowerCase(), meant.toLowerCase()) <= name.length / 2;
    return `unknown ${kind} '${place}', expected ${expected}.${isNear ? ` Did you mean '${meant}'?` : ''}`;
  }
  return `${place} is ${got === undefined ? 'missing' : shown(got)}, expected ${expected}.${advice ? ` ${advice}` : ''}`;
}

/** Refuses names that are not known, with the nearest one. */
export function requireNames(where: string, given: object, known: readonly string[], kind = 'option'): void {
  const fault = faultIn({}, given as Record<string, unknown>, known);
  if (fault) throw new FieldError(where, fault, kind);
}

/** The value that a field makes of what was given. Throws FieldError: what, got, expected, what to do. */
export function completeField<T, Out = T>(where: string, name: string, field: Field<T, Out>, given: unknown): Out {
  const value = given ?? field.default;
  if (value === undefined && field.optional) return undefined as Out;
  const fault = within(name, faultOf(field as Field, value));
  if (fault) throw new FieldError(where, fault);
  return field.normalize ? field.normalize(value as T) : (value as Out);
}

/** All fields: defaults for what is not given, every value checked. `also`: further names that the caller knows. */
export function complete<F extends Readonly<Record<string, Field>>>(
  where: string,
  fields: F,
  given: object,
  also: readonly string[] = [],
): ValuesOf<F> {
  const fault = faultIn(fields, given as Record<string, unknown>, also);
  if (fault) throw new FieldError(where, fault);
  return normalized(fields, given);
}
