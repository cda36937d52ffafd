/** Text, bases or sound to a store of tokens. With a cache folder they are encoded once. */
import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { audioTokens } from './audio.ts';
import { cacheTokens } from './cache.ts';
import { collect, type EncodeProgress, encodeDocuments } from './encode.ts';
import { memoryStore, type TokenStore } from './store.ts';
import { type SourceOptions, type TextSource, textSource } from './textSource.ts';
import { MEMORY_LIMIT, openTokenFile } from './tokenFile.ts';

export interface PrepareOptions extends SourceOptions {
  /** The folder in which the tokens are kept. Default: none, they stay in memory. */
  cacheFolder?: string;
  /** The most bytes of tokens that are held in memory. Default: 67108864 (64 MiB). */
  memoryLimit?: number;
  /** Called after every encoded piece. */
  onProgress?: (progress: EncodeProgress) => void;
}

/**
 * The tokens of a source, or of paths (see `textSource`): of text and FASTA, of WAV with a `muLaw` tokenizer. A single
 * `.bin` is opened as a token file.
 *
 * @throws UsageError where there is nothing to read, the tokenizer refuses a text, or the tokens exceed `memoryLimit`
 *   without a `cacheFolder`
 * @example
 * const store = await data.prepareTokens('books/', tokenizer, { cacheFolder: '.cache/tokens' });
 * const { train, validation } = data.splitTokens(store, 0.1, 256);
 */
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
      'it has tokens, the others have text. Open it by itself.',
  );
}
