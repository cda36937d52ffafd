/**
 * A field: one named value that a person gives, declared once. Its default, its check, the words of its error, its
 * flag and its help follow from the declaration, in configs, training options, forecasts, requests and flags.
 *
 *   const fields = { horizon: field.whole({ min: 1, help: 'steps ahead' }), integer: field.flag({ default: false }) };
 *   const { horizon, integer } = complete('forecast', fields, options);      // a number, a boolean
 */
export interface Field<T = unknown> {
  /** undefined: the value must be given, unless the field is optional. */
  readonly default?: T;
  /** May be left out, and is then undefined. */
  readonly optional?: boolean;
  accepts(value: unknown): boolean;
  /** What is accepted, for errors: 'a whole number ≥ 1'. */
  readonly expected: string;
  /** What to do about a value that is refused, as a sentence; for all, or for that value. */
  readonly advice?: string | ((value: unknown) => string);
  /** The accepted value in its usual form: sorted, each once. Default: as it is given. */
  normalize?(value: T): T;
  /** One line for --help and for the docs. */
  readonly help?: string;
  /** What --help shows after the flag: '<steps>'. A field without it is a switch. */
  readonly placeholder?: string;
  /** The value of a flag's text. Default: as JSON reads it, or the text itself. */
  parse?(text: string): unknown;
}

/** What a declaration may add to its kind. */
export interface FieldOptions<T>
  extends Partial<Pick<Field<T>, 'default' | 'optional' | 'advice' | 'help' | 'placeholder'>> {
  /** In place of the words that the kind has. */
  expected?: string;
}

interface Bounds {
  min?: number;
  max?: number;
  /** Excludes the bounds themselves. */
  open?: boolean;
}

const within = (value: number, { min = -Infinity, max = Infinity, open = false }: Bounds) =>
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
      accepts: (value) => Number.isSafeInteger(value) && within(value as number, { min, max }),
      expected: boundsText('a whole number', { min, max }),
      placeholder: '<n>',
      parse: toNumber,
      ...options,
    };
  },

  number({ min, max, open, ...options }: FieldOptions<number> & Bounds = {}): Field<number> {
    return {
      accepts: (value) => typeof value === 'number' && Number.isFinite(value) && within(value, { min, max, open }),
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
      expected: values.map((value) => `'${value}'`).join(' or '),
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

  /** A list of what `item` accepts, not empty. As a flag: separated by commas. */
  list<T>(
    item: Field<T>,
    options: FieldOptions<readonly T[]> & Pick<Field<readonly T[]>, 'normalize'> = {},
  ): Field<readonly T[]> {
    return {
      accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => item.accepts(one)),
      expected: `a list, each ${item.expected}`,
      placeholder: '<list>',
      parse: (text) => text.split(',').map((one) => (item.parse ? item.parse(one.trim()) : one.trim())),
      ...options,
    };
  },
};

/** The type of the values of declared fields. */
export type ValuesOf<F extends Readonly<Record<string, Field>>> = {
  [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};
