/**
 * Decompresses gzip (RFC 1952) as a stream, with the `DecompressionStream` of Node and browsers.
 * Node reads files of several members (bgzip); browsers may refuse them.
 */
import { UsageError } from '../errors.ts';

/**
 * The bytes of `chunks`, decompressed if they are gzip and unchanged if not. Throws UsageError for damaged gzip.
 * `name` names the file in errors.
 */
export async function* gunzipped(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let begin: Uint8Array<ArrayBuffer> = new Uint8Array();
  try {
    while (begin.length < MAGIC.length) {
      const { done, value } = await iterator.next();
      if (done) break;
      begin = joined(begin, value);
    }
    const packed = begin.length >= MAGIC.length && MAGIC.every((byte, i) => begin[i] === byte);
    const whole = from(begin, iterator);
    yield* packed ? unpack(whole, name) : whole;
  } finally {
    await iterator.return?.();
  }
}

const MAGIC = [0x1f, 0x8b];

async function* from(begin: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (begin.length > 0) yield begin;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

async function* unpack(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let failure: unknown;
  const written = (async () => {
    try {
      for await (const chunk of chunks) {
        await writer.ready;
        // A chunk is valid only until the next one is requested, but the stream keeps it longer.
        await writer.write(new Uint8Array(chunk));
      }
      await writer.close();
    } catch (error) {
      failure = error;
      await writer.abort(error).catch(() => {});
    }
  })();
  let over = false;
  try {
    while (!over) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw damaged(name, failure ?? error);
      });
      over = done;
      if (value) yield value;
    }
  } finally {
    if (!over) await reader.cancel().catch(() => {});
    await written;
  }
}

function damaged(name: string, cause: unknown): Error {
  // An error of the source, such as a file that cannot be read.
  if (cause instanceof UsageError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UsageError(
    'data',
    `${name} is damaged gzip: ${reason}. Get the file again, and check it with gzip -t. ` +
      'In a browser, decompress a bgzip file first.',
    { cause },
  );
}
