/** Bytes to text, in a stream; bytes that are not UTF-8 are refused. */
import { UsageError } from '../errors.ts';
import { firstInvalid, incompleteTail, joinBytes } from './utf8.ts';

/** The text of `chunks`, without a byte order mark. `name`: what messages call them. */
export async function* decodeUtf8(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let held = new Uint8Array();
  let offset = 0;
  const decode = (bytes: Uint8Array) => {
    try {
      const text = decoder.decode(bytes);
      const marked = offset === 0 && text.startsWith('\ufeff');
      offset += bytes.length;
      return marked ? text.slice(1) : text;
    } catch {
      throw notUtf8(bytes, offset, name);
    }
  };
  for await (const chunk of chunks) {
    const bytes = joinBytes(held, chunk);
    const cut = bytes.length - incompleteTail(bytes);
    held = bytes.slice(cut);
    if (cut > 0) yield decode(bytes.subarray(0, cut));
  }
  if (held.length > 0) yield decode(held);
}

function notUtf8(bytes: Uint8Array, offset: number, name: string): Error {
  const at = firstInvalid(bytes);
  const hex = (byte: number) => `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const utf16 = offset + at === 0 && (bytes[0] === 0xff || bytes[0] === 0xfe);
  const from = utf16 ? 'UTF-16' : 'LATIN1';
  return new UsageError(
    'data',
    `${name} has byte ${hex(bytes[at])} at offset ${offset + at}, expected UTF-8 text. ` +
      `${utf16 ? 'It looks like UTF-16. ' : ''}Convert it, e.g. iconv -f ${from} -t UTF-8.`,
  );
}

/** The lines of a text, without their ends, counted from 1. The last one needs no end. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<{ line: string; number: number }> {
  let parts: string[] = [];
  let number = 0;
  for await (const chunk of chunks) {
    const [first, ...rest] = chunk.split('\n');
    parts.push(first);
    for (const next of rest) {
      yield { line: parts.join(''), number: ++number };
      parts = [next];
    }
  }
  const last = parts.join('');
  if (last !== '') yield { line: last, number: ++number };
}
