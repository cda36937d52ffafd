/**
 * A store of tokens: one long line of ids, with where each document starts if that is known.
 * Everything that samples reads through this, from memory or from disk alike.
 */
import { UsageError } from '../errors.ts';

export interface TokenStore {
  /** What messages call it. */
  readonly name: string;
  readonly length: number;
  readonly vocabSize: number;
  /** Where each document starts, ascending from 0; absent where documents are not known. */
  readonly documents?: Float64Array;
  /** The ids of [begin, end). */
  read(begin: number, end: number): Int32Array | Promise<Int32Array>;
  /** Lets go of the file, if there is one. Views made by `split` need none. */
  close(): Promise<void>;
}

/** Ids as they are kept: two bytes each where they fit. */
export type TokenArray = Uint16Array | Uint32Array;

const IDS_IN_TWO_BYTES = 2 ** 16;

/** 2 or 4: what one id of the vocabulary takes. */
export function bytesPerToken(vocabSize: number): 2 | 4 {
  return vocabSize <= IDS_IN_TWO_BYTES ? 2 : 4;
}

/** A store over an array in memory. */
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

/** Tokens of the longest document. */
export function longestDocument({ documents, length }: TokenStore): number {
  if (!documents) return length;
  return documents.reduce((most, start, i) => Math.max(most, (documents[i + 1] ?? length) - start), 0);
}

/** Refuses an id that the model has no row for. `offset` is where in the store `tokens` begins. */
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
