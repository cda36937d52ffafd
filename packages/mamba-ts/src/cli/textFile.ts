/** Output files of the command line. */
import { writeAtomic } from '@mamba-ts/core/formats';

/** Writes a text, the parts of a text, or bytes. The file is written completely or not at all. */
export async function writeFile(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  if (content instanceof Uint8Array) return writeAtomic(path, [content]);
  return writeAtomic(path, encoded(typeof content === 'string' ? [content] : content));
}

async function* encoded(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}
