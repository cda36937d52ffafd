/**
 * Encoded tokens on disk. An entry is three files, named by a hash of the files read (paths, sizes, times) and of the
 * tokenizer:
 *
 *   HASH.bin or HASH.u32.bin   the ids, in nanoGPT's format
 *   HASH.documents             the start of each document, f64
 *   HASH.json                  a description; written last, so that an entry is either whole or absent
 *
 * The files of the standard input are named `stdin` and written each time.
 */
import { writeAtomic } from '../formats/atomicFile.ts';
import { nodeModule } from '../node.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { type EncodeProgress, encodeDocuments, toBytes } from './encode.ts';
import { bytesPerToken, type TokenStore } from './store.ts';
import type { TextSource } from './textSource.ts';
import { openTokenFile } from './tokenFile.ts';

export interface CacheOptions {
  cacheFolder: string;
  memoryLimit: number;
  onProgress?: (progress: EncodeProgress) => void;
}

interface CacheEntry {
  version: number;
  source: string;
  tokens: number;
  documents: number;
}

interface CachePaths {
  tokens: string;
  documents: string;
  entry: string;
}

/** Increased when the files of an entry or the encoding change. */
const VERSION = 2;

/** The tokens of `source`, from the cache if they are there. */
export async function cacheTokens(
  source: TextSource,
  tokenizer: Tokenizer,
  options: CacheOptions,
): Promise<TokenStore> {
  const { cacheFolder, memoryLimit, onProgress } = options;
  const { vocabSize } = tokenizer;
  const fingerprint = await source.fingerprint();
  const paths = pathsOf(cacheFolder, fingerprint, tokenizer);
  let documents = fingerprint === undefined ? undefined : await findEntry(paths, vocabSize);
  if (!documents) {
    await nodeModule('fs/promises').mkdir(cacheFolder, { recursive: true });
    documents = await writeEntry(paths, source, tokenizer, onProgress);
  }
  return openTokenFile(paths.tokens, { vocabSize, documents, name: source.name, memoryLimit });
}

function pathsOf(folder: string, fingerprint: string | undefined, tokenizer: Tokenizer): CachePaths {
  const { join } = nodeModule('path');
  const id = fingerprint === undefined ? 'stdin' : hashOf([fingerprint, tokenizer, tokenizer.eos]);
  const suffix = bytesPerToken(tokenizer.vocabSize) === 2 ? 'bin' : 'u32.bin';
  return {
    tokens: join(folder, `${id}.${suffix}`),
    documents: join(folder, `${id}.documents`),
    entry: join(folder, `${id}.json`),
  };
}

const HASH_DIGITS = 24;

function hashOf(value: unknown): string {
  const hash = nodeModule('crypto').createHash('sha256').update(JSON.stringify(value));
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

/** The document starts of a whole entry; undefined where there is none. */
async function findEntry(paths: CachePaths, vocabSize: number): Promise<Float64Array | undefined> {
  const { readFile, stat } = nodeModule('fs/promises');
  try {
    const entry: Partial<CacheEntry> = JSON.parse(await readFile(paths.entry, 'utf8'));
    const { size } = await stat(paths.tokens);
    const documents = await readFile(paths.documents);
    const whole =
      entry.version === VERSION &&
      size === (entry.tokens ?? 0) * bytesPerToken(vocabSize) &&
      documents.length === (entry.documents ?? 0) * Float64Array.BYTES_PER_ELEMENT;
    return whole ? new Float64Array(Uint8Array.from(documents).buffer) : undefined;
  } catch {
    // Absent or incomplete: the entry is written again.
    return undefined;
  }
}

async function writeEntry(
  paths: CachePaths,
  source: TextSource,
  tokenizer: Tokenizer,
  onProgress?: (progress: EncodeProgress) => void,
): Promise<Float64Array> {
  let tokens = 0;
  const starts: number[] = [];
  const runs = encodeDocuments(source, tokenizer, starts, (progress) => {
    tokens = progress.tokens;
    onProgress?.(progress);
  });
  await nodeModule('fs/promises').rm(paths.entry, { force: true });
  await writeAtomic(paths.tokens, toBytes(runs, tokenizer.vocabSize));
  const documents = Float64Array.from(starts);
  await writeAtomic(paths.documents, [new Uint8Array(documents.buffer)]);
  const entry: CacheEntry = {
    version: VERSION,
    source: source.name,
    tokens,
    documents: documents.length,
  };
  await writeAtomic(paths.entry, [new TextEncoder().encode(`${JSON.stringify(entry)}\n`)]);
  return documents;
}
