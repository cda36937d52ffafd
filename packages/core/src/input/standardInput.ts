/** The standard input, by the path '-'. */
import { UsageError } from '../errors.ts';

export const STANDARD_INPUT = '-';

/** What messages call a path. */
export function nameOf(path: string): string {
  return path === STANDARD_INPUT ? 'the standard input' : path;
}

/** The bytes of the standard input, in chunks (Node). */
export async function* standardInput(): AsyncGenerator<Uint8Array> {
  const input = globalThis.process?.stdin;
  if (!input) {
    throw new UsageError('data', "'-' is the standard input, which only Node has. Give the text itself.");
  }
  for await (const chunk of input) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
}
