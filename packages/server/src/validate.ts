/**
 * A body against its schema, by valibot. A schema's message says what is expected; what was got, and where, is said here:
 *
 *   v.number('a number')  →  levels[1] is "80", expected a number.
 */
import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { dotted, Refusal, refused } from './refusal.ts';

/** An object with these fields and no others; one that lacks is refused in the words of its own schema. */
export function fields<E extends v.ObjectEntries>(entries: E) {
  const names = Object.keys(entries);
  return v.pipe(
    v.custom<Record<string, unknown>>(isObject, `an object with ${names.join(', ')}`),
    // First, since a field that lacks is often one that was written otherwise.
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Record<string, unknown>;
      const key = Object.keys(input).find((name) => !names.includes(name));
      if (key === undefined) return;
      addIssue({
        expected: UNKNOWN,
        message: `${names.join(', ')}${meant(key, names)}`,
        path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
      });
    }),
    v.object(entries, ({ path }) => (entries[String(path?.at(-1)?.key)] as { message?: string }).message ?? 'one'),
  );
}

export const isObject = (input: unknown): input is Record<string, unknown> =>
  typeof input === 'object' && input !== null && !Array.isArray(input);

/** What valibot calls a key that may not be there. */
const UNKNOWN = 'never';

/** What the schema makes of the body; refuses the first thing that is wrong. */
export function validated<S extends v.GenericSchema<unknown, unknown>>(schema: S, body: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const [{ path: items, expected, input, message }] = result.issues;
  const path = items?.map(({ key }) => key as string | number) ?? [];
  if (expected !== UNKNOWN) throw refused(path, input, message);
  const place = dotted(path);
  throw new Refusal(400, `${place} is not known, expected one of ${message}`, place);
}

function meant(key: string, names: readonly string[]): string {
  const name = closest(key, names);
  return distance(key, name) <= 2 ? `. Did you mean ${name}?` : '.';
}
