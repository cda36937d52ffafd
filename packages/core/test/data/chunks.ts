/** A file as it may arrive: cut anywhere, each chunk valid only until the next, as `chunksOf` has it. */
import fc from 'fast-check';

export async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(1, ...sizes));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[i % sizes.length]);
    const chunk = bytes.subarray(at, at + size);
    if (chunk.length > buffer.length) yield chunk.slice();
    else {
      buffer.fill(0xff);
      buffer.set(chunk);
      yield buffer.subarray(0, chunk.length);
    }
    at += size;
  }
}

export async function* textChunks(text: string, sizes: readonly number[]): AsyncGenerator<string> {
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes.length === 0 ? text.length : Math.max(1, sizes[i % sizes.length]);
    yield text.slice(at, at + size);
    at += size;
  }
}

/** Sizes of the chunks, used again and again; none is one chunk. */
export const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });

/** What a promise of something gave: the value, or the message of its error. */
export async function outcome<T>(action: () => Promise<T>): Promise<T | string> {
  return action().catch((error: Error) => error.message);
}
