/**
 * Text to a token store, encoded once: with a cache folder the second time only opens files.
 *
 *   const store = await prepareTokens('books/', tokenizer, { cacheFolder: '.cache/tokens' });
 *   const { train, validation } = split(store, 0.1, 256);
 */
import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { audioTokens } from './audio.ts';
import { cacheTokens } from './cache.ts';
import { collect, type EncodeProgress, encodeDocuments } from './encode.ts';
import { type SourceOptions, type TextSource, textSource } from './source.ts';
import { memoryStore, type TokenStore } from './store.ts';
import { MEMORY_LIMIT, openTokenFile } from './tokenFile.ts';

export interface PrepareOptions extends SourceOptions {
  /** Where the tokens are kept. Without it they stay in memory, if they are few enough. */
  cacheFolder?: string;
  /** Bytes of tokens that may be held in memory: 64 MB if not given. */
  memoryLimit?: number;
  /** Called after every piece that is encoded. */
  onProgress?: (progress: EncodeProgress) => void;
}

/** The tokens of a source, or of paths (see `textSource`). A single `.bin` is opened as it is. */
export async function prepareTokens(
  source: string | readonly string[] | TextSource,
  tokenizer: Tokenizer,
  options: PrepareOptions = {},
): Promise<TokenStore> {
  const { vocabSize } = tokenizer;
  const { cacheFolder, memoryLimit = MEMORY_LIMIT, onProgress } = options;
  const paths = pathsIn(source);
  const binary = paths && binaryIn(paths);
  if (binary !== undefined) return openTokenFile(binary, { vocabSize, memoryLimit });
  if (tokenizer.kind === 'muLaw') {
    if (paths?.length !== 1)
      throw new UsageError('data', 'sound is read from one WAV file or folder, got several paths or a text.');
    const tokenFile = cacheFolder && (await soundFile(cacheFolder));
    return audioTokens(paths[0], { sampleRate: tokenizer.sampleRate, tokenFile, memoryLimit });
  }
  const alphabet = tokenizer.kind === 'dna' ? 'dna' : 'any';
  const texts = paths ? textSource(paths, { alphabet, ...options }) : (source as TextSource);
  if (cacheFolder !== undefined) {
    return cacheTokens(texts, tokenizer, { cacheFolder, memoryLimit, onProgress });
  }
  const starts: number[] = [];
  const runs = encodeDocuments(texts, tokenizer, starts, onProgress);
  const tokens = await collect(runs, { name: texts.name, vocabSize, limit: memoryLimit });
  return memoryStore(tokens, {
    name: texts.name,
    vocabSize,
    documents: Float64Array.from(starts),
  });
}

async function soundFile(folder: string): Promise<string> {
  await nodeModule('fs/promises').mkdir(folder, { recursive: true });
  return nodeModule('path').join(folder, 'sound.bin');
}

function pathsIn(source: string | readonly string[] | TextSource): string[] | undefined {
  if (typeof source === 'string') return [source];
  return 'documents' in source ? undefined : [...source];
}

function binaryIn(paths: readonly string[]): string | undefined {
  const binary = paths.find((path) => path.endsWith('.bin'));
  if (binary === undefined || paths.length === 1) return binary;
  throw new UsageError(
    'data',
    `${binary} is one of ${paths.length} paths, expected a .bin file alone: ` +
      'its tokens are ready, the others have text. Open it by itself.',
  );
}
