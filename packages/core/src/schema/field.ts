/**
 * A field: one named value that a person gives, declared once. Its default, its check, the words of its error, its
 * flag and its help follow from the declaration, in configs, training options, forecasts, requests and flags.
 *
 *   const fields = { horizon: field.whole({ min: 1, help: 'steps ahead' }), integer: field.flag({ default: false }) };
 *   const { horizon, integer } = complete('forecast', fields, options);      // a number, a boolean
 */
export interface Field<T = unknown, Out = T> {
  /** undefined: the value must be given, unless the field is optional. */
  readonly default?: T;
  /** May be left out, and is then undefined. */
  readonly optional?: boolean;
  accepts(value: unknown): boolean;
  /** What is accepted, for errors: 'a whole number ≥ 1'. */
  readonly expected: string;
  /** What to do about a value that is refused, as a sentence; for all, or for that value. */
  readonly advice?: string | ((value: unknown) => string);
  /** Of a value that has parts: the first part that is refused. Default: the value itself is refused. */
  fault?(value: unknown): Fault | undefined;
  /** The accepted value in its usual form: sorted, each once. Default: as it is given. */
  normalize?(value: T): Out;
  /** One line for --help and for the docs. A field without it has no flag. */
  readonly help?: string;
  /** What --help shows after the flag: '<steps>'. A field without it is a switch. */
  readonly placeholder?: string;
  /** The flag without its dashes. Default: the name in kebab-case. false: there is none. */
  readonly flag?: string | false;
  /** The value of a flag's text. Default: as JSON reads it, or the text itself. */
  parse?(text: string): unknown;
}

/** Where a part is: names and indices, from the value inwards. */
export type Path = readonly (string | number)[];

/** A value, or a part of one, that is refused. */
export interface Fault {
  /** Empty: the value itself. */
  readonly path: Path;
  readonly got: unknown;
  readonly expected: string;
  readonly advice?: string;
  /** The names that could stand at the end of the path; given where that name is unknown. */
  readonly known?: readonly string[];
}

/** What is wrong with a value; undefined where the field accepts it. */
export function faultOf(field: Field, value: unknown): Fault | undefined {
  if (field.fault) return field.fault(value);
  return field.accepts(value) ? undefined : wholeFault(field, value);
}

/** The refusal of a value as a whole. */
function wholeFault({ expected, advice }: Pick<Field, 'expected' | 'advice'>, got: unknown): Fault {
  return { path: [], got, expected, advice: typeof advice === 'function' ? advice(got) : advice };
}

/** A fault of a part, seen from the value that has it under `key`. */
export const within = (key: string | number, fault: Fault | undefined): Fault | undefined =>
  fault && { ...fault, path: [key, ...fault.path] };

/** What a declaration may add to its kind. */
export interface FieldOptions<T>
  extends Partial<Pick<Field<T>, 'default' | 'optional' | 'advice' | 'help' | 'placeholder' | 'flag'>> {
  /** In place of the words that the kind has. */
  expected?: string;
}

interface Bounds {
  min?: number;
  max?: number;
  /** Excludes the bounds themselves. */
  open?: boolean;
}

const inBounds = (value: number, { min = -Infinity, max = Infinity, open = false }: Bounds) =>
  open ? value > min && value < max : value >= min && value <= max;

function boundsText(kind: string, { min, max, open }: Bounds): string {
  if (min !== undefined && max !== undefined) {
    return open ? `${kind} between ${min} and ${max}, both excluded` : `${kind} from ${min} to ${max}`;
  }
  if (min !== undefined) return open ? `${kind} above ${min}` : `${kind} ≥ ${min}`;
  if (max !== undefined) return open ? `${kind} below ${max}` : `${kind} ≤ ${max}`;
  return kind;
}

const toNumber = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));

/** The kinds of fields. */
export const field = {
  /** A whole number. */
  whole({ min, max, ...options }: FieldOptions<number> & Bounds = {}): Field<number> {
    return {
      accepts: (value) => Number.isSafeInteger(value) && inBounds(value as number, { min, max }),
      expected: boundsText('a whole number', { min, max }),
      placeholder: '<n>',
      parse: toNumber,
      ...options,
    };
  },

  number({ min, max, open, ...options }: FieldOptions<number> & Bounds = {}): Field<number> {
    return {
      accepts: (value) => typeof value === 'number' && Number.isFinite(value) && inBounds(value, { min, max, open }),
      expected: boundsText('a number', { min, max, open }),
      placeholder: '<x>',
      parse: toNumber,
      ...options,
    };
  },

  /** true or false. */
  flag(options: FieldOptions<boolean> = {}): Field<boolean> {
    return {
      accepts: (value) => typeof value === 'boolean',
      expected: 'true or false',
      parse: (text) => (text === 'true' ? true : text === 'false' ? false : text),
      ...options,
    };
  },

  /** Any text; not an empty one, unless `empty`. */
  text({ empty = false, ...options }: FieldOptions<string> & { empty?: boolean } = {}): Field<string> {
    return {
      accepts: (value) => typeof value === 'string' && (empty || value !== ''),
      expected: 'a text',
      placeholder: '<text>',
      parse: (text) => text,
      ...options,
    };
  },

  /** One of these texts. Default: none; give `default`. */
  choice<const V extends string>(values: readonly V[], options: FieldOptions<V> = {}): Field<V> {
    return {
      accepts: (value) => typeof value === 'string' && (values as readonly string[]).includes(value),
      expected: values.map((value) => (value === '\t' ? 'tab' : `'${value}'`)).join(' or '),
      placeholder: '<name>',
      parse: (text) => text,
      ...options,
    };
  },

  /** One value alone; `expected` says why: 'true: Llama has RMSNorm'. Default: that value. */
  only<const V>(value: V, expected: string): Field<V> {
    return { default: value, accepts: (given) => given === value, expected };
  },

  /** What `item` accepts, or a word: a whole number ≥ 1 or 'auto'. Default: none; give `default`. */
  orWord<T, const W extends string>(item: Field<T>, word: W, options: FieldOptions<T | W> = {}): Field<T | W> {
    return {
      accepts: (value) => value === word || item.accepts(value),
      expected: `${item.expected} or '${word}'`,
      placeholder: item.placeholder,
      parse: (text) => (text === word || !item.parse ? text : item.parse(text)),
      ...options,
    };
  },

  /** What `item` accepts, or null. Default: null. */
  orNull<T>(item: Field<T>, options: FieldOptions<T | null> = {}): Field<T | null> {
    return {
      default: null,
      accepts: (value) => value === null || item.accepts(value),
      expected: `${item.expected}, or null`,
      placeholder: item.placeholder,
      parse: (text) => (text === 'null' || !item.parse ? null : item.parse(text)),
      ...options,
    };
  },

  /** A field that may be left out, and is then undefined. */
  optional<T, Out>(of: Field<T, Out>): Field<T, Out | undefined> {
    return { ...of, optional: true };
  },

  /** A list of what `item` accepts, not empty. As a flag: separated by commas. */
  list<T>(
    item: Field<T>,
    options: FieldOptions<readonly T[]> & Pick<Field<readonly T[]>, 'normalize'> = {},
  ): Field<readonly T[]> {
    const list: Field<readonly T[]> = {
      accepts: (value) => list.fault?.(value) === undefined,
      fault(value) {
        if (!Array.isArray(value) || value.length === 0) return wholeFault(list, value);
        const at = value.findIndex((part) => !item.accepts(part));
        return at < 0 ? undefined : within(at, faultOf(item, value[at]));
      },
      expected: `a list, each ${item.expected}`,
      placeholder: '<list>',
      parse: (text) => text.split(',').map((part) => (item.parse ? item.parse(part.trim()) : part.trim())),
      ...options,
    };
    return list;
  },

  /** An object of these fields, and no others. As a flag: JSON. */
  object<F extends Readonly<Record<string, Field>>>(
    fields: F,
    options: FieldOptions<InputsOf<F>> = {},
  ): Field<InputsOf<F>, ValuesOf<F>> {
    const object: Field<InputsOf<F>, ValuesOf<F>> = {
      accepts: (value) => object.fault?.(value) === undefined,
      fault: (value) => (isPlainObject(value) ? faultIn(fields, value) : wholeFault(object, value)),
      normalize: (value) => normalized(fields, value),
      expected: `an object with ${Object.keys(fields).join(', ')}`,
      placeholder: '<json>',
      ...options,
    };
    return object;
  },
};

/** Whether a value is an object with names, and no list. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first name that is unknown, else the first value that is refused. */
export function faultIn(
  fields: Readonly<Record<string, Field>>,
  given: Readonly<Record<string, unknown>>,
  also: readonly string[] = [],
): Fault | undefined {
  const known = [...Object.keys(fields), ...also];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    return { path: [unknown], got: given[unknown], expected: known.join(', '), known };
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name] ?? field.default;
    const fault = value === undefined && field.optional ? undefined : faultOf(field, value);
    if (fault) return within(name, fault);
  }
  return undefined;
}

/** Accepted values in their usual form, the defaults for those that are not given. */
export function normalized<F extends Readonly<Record<string, Field>>>(fields: F, given: object): ValuesOf<F> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = (given as Record<string, unknown>)[name] ?? field.default;
    values[name] = value === undefined || !field.normalize ? value : field.normalize(value);
  }
  return values as ValuesOf<F>;
}

/** The type of the checked values of declared fields. */
export type ValuesOf<F extends Readonly<Record<string, Field>>> = {
  [K in keyof F]: F[K] extends Field<infer _Given, infer Out> ? Out : never;
};

/** The type of what may be given for declared fields. */
export type InputsOf<F extends Readonly<Record<string, Field>>> = {
  [K in keyof F]?: F[K] extends Field<infer Given, infer _Out> ? Given : never;
};
