/** Documents to tokens, in a stream, for files on disk and texts in memory. */
import { UsageError } from '../errors.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { piecesOf } from './pieces.ts';
import { bytesPerToken, type TokenArray } from './store.ts';
import type { TextSource } from './textSource.ts';

/** How much has been encoded so far. */
export interface EncodeProgress {
  readonly documents: number;
  readonly tokens: number;
}

/**
 * The ids of every document, run by run. The tokenizer's `eos`, if it has one, stands between two documents, as the
 * last token of the first. Documents without tokens are left out. The start of each document is pushed to `starts`.
 */
export async function* encodeDocuments(
  source: Pick<TextSource, 'name' | 'documents'>,
  tokenizer: Tokenizer,
  starts: number[],
  onProgress?: (progress: EncodeProgress) => void,
): AsyncGenerator<readonly number[]> {
  let length = 0;
  for await (const document of source.documents()) {
    let begun = false;
    let characters = 0;
    for await (const piece of piecesOf(document.text)) {
      const ids = encodePiece(tokenizer, piece, document.name, characters);
      characters += piece.length;
      if (ids.length === 0) continue;
      if (!begun) {
        if (starts.length > 0 && tokenizer.eos !== undefined) {
          yield [tokenizer.eos];
          length++;
        }
        starts.push(length);
        begun = true;
      }
      yield ids;
      length += ids.length;
      onProgress?.({ documents: starts.length, tokens: length });
    }
  }
  if (length === 0) throw emptySource(source.name);
}

export function emptySource(name: string): Error {
  return new UsageError('data', `${name} is empty, expected text. Check that it is the right one.`);
}

/** `characters`: the characters of the document before the piece, for the message where the tokenizer refuses it. */
export function encodePiece(tokenizer: Tokenizer, piece: string, name: string, characters = 0): number[] {
  try {
    return tokenizer.encode(piece);
  } catch (error) {
    const from = characters === 0 ? '' : `, counted from position ${characters}`;
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError('data', `${name}${from}: ${message}`, { cause: error });
  }
}

/** All ids in one array. It is refused where it takes more than `limit` bytes. */
export async function collect(
  runs: AsyncIterable<readonly number[]>,
  about: { name: string; vocabSize: number; limit: number; advice?: string },
): Promise<TokenArray> {
  const width = bytesPerToken(about.vocabSize);
  const allocate = (size: number) => (width === 2 ? new Uint16Array(size) : new Uint32Array(size));
  let tokens = allocate(1024);
  let length = 0;
  for await (const ids of runs) {
    const needed = length + ids.length;
    if (needed * width > about.limit) {
      throw new UsageError(
        'data',
        `${about.name} has more than ${about.limit} bytes of tokens, the most that are ` +
          `kept in memory. ${about.advice ?? 'Give prepareTokens a cacheFolder'}, so that they go to disk.`,
      );
    }
    if (needed > tokens.length) {
      const grown = allocate(Math.max(needed, 2 * tokens.length));
      grown.set(tokens);
      tokens = grown;
    }
    tokens.set(ids, length);
    length = needed;
  }
  return tokens.slice(0, length);
}

const WRITE_BLOCK = 2 ** 18;

/** The ids as little-endian bytes, in blocks large enough to be written efficiently. */
export async function* toBytes(runs: AsyncIterable<readonly number[]>, vocabSize: number): AsyncGenerator<Uint8Array> {
  const narrow = bytesPerToken(vocabSize) === 2;
  const flush = (ids: number[]) => new Uint8Array((narrow ? Uint16Array.from(ids) : Uint32Array.from(ids)).buffer);
  let block: number[] = [];
  for await (const ids of runs) {
    for (const id of ids) block.push(id);
    if (block.length < WRITE_BLOCK) continue;
    yield flush(block);
    block = [];
  }
  if (block.length > 0) yield flush(block);
}
