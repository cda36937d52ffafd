/**
 * What a request is refused with: a status, a message and the place in the body.
 *
 *   400 { "error": { "message": "series[3].values[17] is \"abc\", expected a number or null.", "path": "series[3].values[17]" } }
 */

/** A key or an index, from the body inwards. */
export type Path = readonly (string | number)[];

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly path?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;
const LONGEST = 40;

/** series[3].values[17], known["is holiday"] */
export function dotted(path: Path): string {
  return path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!PLAIN_KEY.test(key)) return `[${JSON.stringify(brief(key))}]`;
      return i === 0 ? key : `.${key}`;
    })
    .join('');
}

/** A value of JSON in a few words, however large or deep it is. */
export function described(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(brief(value));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** The refusal of a value: what, got, expected. */
export function refused(path: Path, value: unknown, expected: string): Refusal {
  const place = dotted(path);
  return new Refusal(400, `${place || 'the body'} is ${described(value)}, expected ${expected}.`, place || undefined);
}

const brief = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
