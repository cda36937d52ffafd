/**
 * Token files: ids and nothing else, little-endian, as nanoGPT writes its `train.bin`. uint16, or uint32 where the name
 * ends in `.u32.bin`. Small files are read into memory, others by position.
 */
import { UsageError } from '../errors.ts';
import { factsOf, type OpenFile, openFile, readFully } from '../input/files.ts';
import { checkIds, checkRange, memoryStore, type TokenArray, type TokenStore } from './store.ts';

export interface TokenFileOptions {
  /** The size of the vocabulary: every id must be below it. */
  vocabSize: number;
  /** The bytes of an id. Default: 4 where the name ends in `.u32.bin`, else 2. */
  bytesPerToken?: 2 | 4;
  /** The position at which each document starts. Default: unknown. */
  documents?: Float64Array;
  /** What messages call it. Default: the path. */
  name?: string;
  /** Files of at most this number of bytes are read into memory. Default: 67108864 (64 MiB). */
  memoryLimit?: number;
}

export const MEMORY_LIMIT = 64 * 2 ** 20;

/**
 * Opens a token file (Node) as a store; close it at the end. Ids are checked when they are read.
 *
 * @throws UsageError where the file is empty or no whole number of ids, or an id is not below `vocabSize`
 * @example
 * const store = await data.openTokenFile('train.bin', { vocabSize: 50257 });
 */
export async function openTokenFile(path: string, options: TokenFileOptions): Promise<TokenStore> {
  const { vocabSize, documents, name = path } = options;
  const { size } = await factsOf(path);
  const width = options.bytesPerToken ?? (path.endsWith('.u32.bin') ? 4 : 2);
  if (size === 0) throw new UsageError('data', `${name} is empty, expected token ids of ${width} bytes.`);
  if (size % width !== 0) {
    throw new UsageError(
      'data',
      `${name} has ${size} bytes, expected a multiple of ${width}, the size of an id. ` +
        'It may be cut off, or its ids may have the other width (bytesPerToken).',
    );
  }
  const file = await openFile(path);
  const about = { name, vocabSize, ...(documents && { documents }) };
  if (size > (options.memoryLimit ?? MEMORY_LIMIT)) return fileStore(file, size, width, about);
  try {
    return memoryStore(await readIds(file, 0, size / width, width, name), about);
  } finally {
    await file.close();
  }
}

function fileStore(
  file: OpenFile,
  size: number,
  width: 2 | 4,
  about: { name: string; vocabSize: number; documents?: Float64Array },
): TokenStore {
  const length = size / width;
  return {
    ...about,
    length,
    async read(begin, end) {
      checkRange(begin, end, length, about.name);
      const ids = await readIds(file, begin, end, width, about.name);
      checkIds(ids, begin, about);
      return Int32Array.from(ids);
    },
    close: () => file.close(),
  };
}

async function readIds(file: OpenFile, begin: number, end: number, width: 2 | 4, name: string): Promise<TokenArray> {
  const ids = width === 2 ? new Uint16Array(end - begin) : new Uint32Array(end - begin);
  const filled = await readFully(file, new Uint8Array(ids.buffer), begin * width);
  if (filled === ids.byteLength) return ids;
  throw new UsageError(
    'data',
    `${name} gave ${filled} bytes at ${begin * width}, expected ${ids.byteLength}: ` +
      'it was cut short while it was open. Prepare it again.',
  );
}
