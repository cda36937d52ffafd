/** Opens the file, the text or the bytes of a table. */
import { UsageError } from '../errors.ts';
import { gunzipped } from '../formats/gzip.ts';
import { chunksOf, factsOf } from '../input/files.ts';
import { nameOf, STANDARD_INPUT, standardInput } from '../input/standardInput.ts';
import { openCsv } from './csv.ts';
import { decodeText, type Encoding } from './decodeText.ts';
import { beginsJson, openJson } from './json.ts';
import type { RowSource, Separator } from './rowSource.ts';

/**
 * A table to read: a path (Node) or '-' for the standard input, a text in memory or as it arrives, or bytes as they
 * arrive. It is CSV, TSV or JSON. Files and bytes are UTF-8, UTF-16 or Windows-1252, plain or gzip, whatever their name
 * ends in.
 *
 * `name` is what messages call the table. Default: the path; 'the text' for a text, 'the table' for bytes.
 */
export type TableSource =
  | string
  | { readonly text: string | AsyncIterable<string>; readonly name?: string }
  | { readonly bytes: AsyncIterable<Uint8Array>; readonly name?: string };

/** Characters of a text in memory that are read in one step. */
const STEP = 2 ** 18;

/** @param separator Default: found in the first line. */
export async function openSource(source: TableSource, separator?: Separator): Promise<RowSource> {
  const { name, text, progress, encoding } = await textOf(source);
  const { begin, whole } = await withBegin(text);
  const isJson = separator === undefined && beginsJson(begin);
  return {
    name,
    progress,
    encoding,
    ...(isJson ? await openJson(whole, name) : await openCsv(whole, name, separator)),
  };
}

/** The first piece of a text that is more than spaces, and the whole of it. */
async function withBegin(text: AsyncIterable<string>): Promise<{ begin: string; whole: AsyncIterable<string> }> {
  const pieces = text[Symbol.asyncIterator]();
  let begin = '';
  while (begin.trim().length < LONGEST_BEGIN) {
    const { done, value } = await pieces.next();
    if (done) break;
    begin += value;
  }
  async function* whole() {
    try {
      if (begin !== '') yield begin;
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
    } finally {
      await pieces.return?.();
    }
  }
  return { begin: begin.replace(/^\ufeff/, ''), whole: whole() };
}

/** Characters that tell JSON. */
const LONGEST_BEGIN = 4;

async function textOf(
  source: TableSource,
): Promise<Pick<RowSource, 'name' | 'progress' | 'encoding'> & { text: AsyncIterable<string> }> {
  if (typeof source !== 'string' && 'text' in source) {
    const { text, name = 'the text' } = source;
    const encoding = (): Encoding => 'UTF-8';
    return { name, text: typeof text === 'string' ? inSteps(text) : text, progress: () => undefined, encoding };
  }
  if (typeof source !== 'string' && !('bytes' in source)) {
    throw new UsageError('data', 'got no table, expected a path, { text } or { bytes }.');
  }
  const name = typeof source === 'string' ? nameOf(source) : (source.name ?? 'the table');
  const isFile = typeof source === 'string' && source !== STANDARD_INPUT;
  const size = isFile ? (await factsOf(source)).size : undefined;
  const bytes = typeof source !== 'string' ? source.bytes : isFile ? chunksOf(source) : standardInput();
  let read = 0;
  const counted = async function* () {
    for await (const chunk of bytes) {
      read += chunk.length;
      yield chunk;
    }
  };
  return {
    name,
    ...decodeText(gunzipped(counted(), name), name),
    progress: () => (size === undefined ? undefined : Math.min(1, read / Math.max(1, size))),
  };
}

async function* inSteps(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += STEP) yield text.slice(at, at + STEP);
}
