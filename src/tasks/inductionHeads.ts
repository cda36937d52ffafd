/**
 * Induction heads (Olsson et al. 2022), as in Gu & Dao 2023, section 4.1.2: what followed the special token?
 *
 *   c a S f b a d b a S   →   f
 *
 * The special token, 0, comes at a random place and again at the end; all else is noise. A row can be drawn in
 * pieces, so that one of a million steps needs no more memory than one of a thousand.
 */
import type { Random } from '../random.ts';
import { requireCount, type TokenBatch } from './tokens.ts';

export const SPECIAL = 0;
/** Special, what follows it, special. */
const SHORTEST = 3;

export interface InductionOptions {
  /** Rows. */
  B: number;
  /** Steps of a row, the question included. */
  length: number;
  /** Tokens, with the special one. */
  vocab: number;
}

/** The answer is asked for at the last step alone. */
export function inductionHeads(random: Random, options: InductionOptions): TokenBatch {
  const { answers, pieces } = inductionPieces(random, options, options.length);
  const [{ tokens, B, L }] = [...pieces];
  const targets = new Int32Array(B * L).fill(-1);
  for (let b = 0; b < B; b++) targets[(b + 1) * L - 1] = answers[b];
  return { tokens, targets, B, L };
}

export interface InductionPieces {
  /** What is to be said after the last step of each row. */
  answers: Int32Array;
  /** The rows from left to right, at most so many steps at a time; drawn while they are read, once. */
  pieces: Iterable<{ tokens: Int32Array; B: number; L: number }>;
}

export function inductionPieces(random: Random, options: InductionOptions, longest: number): InductionPieces {
  const { B, length, vocab } = options;
  requireCount('inductionHeads', 'length', length, SHORTEST, 'special token, answer, special token');
  requireCount('inductionHeads', 'vocab', vocab, 3, 'the special token and two others');
  requireCount('inductionHeads', 'longest', longest, 1, 'the steps of a piece');
  const noise = () => 1 + random.int(vocab - 1);
  const places = Int32Array.from({ length: B }, () => random.int(length - 2));
  const answers = Int32Array.from({ length: B }, noise);
  function* pieces() {
    for (let from = 0; from < length; from += longest) {
      const L = Math.min(longest, length - from);
      const tokens = Int32Array.from({ length: B * L }, noise);
      for (let b = 0; b < B; b++) {
        const put = (at: number, token: number) => {
          if (at >= from && at < from + L) tokens[b * L + at - from] = token;
        };
        put(places[b], SPECIAL);
        put(places[b] + 1, answers[b]);
        put(length - 1, SPECIAL);
      }
      yield { tokens, B, L };
    }
  }
  return { answers, pieces: { [Symbol.iterator]: pieces } };
}
