/** What a verb writes: a text, whole or as it comes, or bytes. The file is there whole or not at all. */
import { writeAtomic } from '@mamba-ts/core/formats';

export async function writeFile(path: string, made: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  if (made instanceof Uint8Array) return writeAtomic(path, [made]);
  return writeAtomic(path, encoded(typeof made === 'string' ? [made] : made));
}

async function* encoded(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}
