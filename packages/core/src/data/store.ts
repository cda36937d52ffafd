/**
 * A store of tokens: one long sequence of ids, and where each document starts if that is known.
 * Samplers read tokens through this interface, in memory or on disk.
 */
import { UsageError } from '../errors.ts';

/** One long sequence of token ids, in memory or on disk. */
export interface TokenStore {
  /** What messages call it. */
  readonly name: string;
  readonly length: number;
  readonly vocabSize: number;
  /** The position at which each document starts, ascending from 0. Absent where it is unknown. */
  readonly documents?: Float64Array;
  /** The ids of [begin, end). */
  read(begin: number, end: number): Int32Array | Promise<Int32Array>;
  /** Closes the file, if there is one. The views of `splitTokens` need no closing. */
  close(): Promise<void>;
}

/** Token ids as they are stored: two bytes each for a vocabulary of up to 65,536, else four. */
export type TokenArray = Uint16Array | Uint32Array;

const IDS_IN_TWO_BYTES = 2 ** 16;

/** The bytes of one id of the vocabulary: 2 or 4. */
export function bytesPerToken(vocabSize: number): 2 | 4 {
  return vocabSize <= IDS_IN_TWO_BYTES ? 2 : 4;
}

/**
 * A store of tokens over an array in memory.
 *
 * @throws UsageError for an id that is not below `vocabSize`
 * @example
 * const store = data.memoryStore(Uint16Array.of(5, 2, 7), { name: 'three', vocabSize: 256 });
 */
export function memoryStore(
  tokens: TokenArray,
  options: { name: string; vocabSize: number; documents?: Float64Array },
): TokenStore {
  checkIds(tokens, 0, options);
  return {
    ...options,
    length: tokens.length,
    read(begin, end) {
      checkRange(begin, end, tokens.length, options.name);
      return Int32Array.from(tokens.subarray(begin, end));
    },
    close: async () => {},
  };
}

/**
 * The number of tokens of the longest document; of all tokens where documents are unknown.
 *
 * @example
 * data.longestDocument(store);    // 48213
 */
export function longestDocument({ documents, length }: TokenStore): number {
  if (!documents) return length;
  return documents.reduce((most, start, i) => Math.max(most, (documents[i + 1] ?? length) - start), 0);
}

/** Refuses an id outside the vocabulary. `offset`: the position in the store of the first of `tokens`. */
export function checkIds(tokens: TokenArray, offset: number, store: { name: string; vocabSize: number }): void {
  const { name, vocabSize } = store;
  const at = tokens.findIndex((id) => id >= vocabSize);
  if (at < 0) return;
  throw new UsageError(
    'data',
    `${name} has id ${tokens[at]} at token ${offset + at}, expected ids below the ` +
      `vocabulary size ${vocabSize}. Use the tokenizer that made the file, and check whether it ` +
      'holds uint16 or uint32 (bytesPerToken).',
  );
}

export function checkRange(begin: number, end: number, length: number, name: string): void {
  const whole = Number.isInteger(begin) && Number.isInteger(end);
  if (whole && begin >= 0 && begin <= end && end <= length) return;
  throw new UsageError('data', `read of ${name} is [${begin}, ${end}), expected 0 ≤ begin ≤ end ≤ ${length}.`);
}
