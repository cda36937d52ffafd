/**
 * Induction heads (Olsson et al. 2022), as in Gu & Dao 2023, section 4.1.2: what followed the special token?
 *
 *   c a S f b a d b a S   →   f
 *
 * The special token, 0, comes at a random place and again at the end; all other tokens are noise.
 */
import type { Random } from '@mamba-ts/core/random';
import { requireCount, type TokenBatch } from './tokens.ts';

export const SPECIAL = 0;

export interface InductionOptions {
  /** Rows. */
  B: number;
  /** Steps of a row, the question included. */
  length: number;
  /** Tokens, with the special one. */
  vocab: number;
}

/** Only the last step has a target. */
export function inductionHeads(random: Random, options: InductionOptions): TokenBatch {
  const { B, length: L } = options;
  const { answers, read } = inductionRows(random, options);
  const { tokens } = read(L);
  const targets = new Int32Array(B * L).fill(-1);
  for (let b = 0; b < B; b++) {
    tokens[(b + 1) * L - 1] = SPECIAL;
    targets[(b + 1) * L - 1] = answers[b];
  }
  return { tokens, targets, B, L };
}

export interface InductionRows {
  /** What followed the special token in each row. */
  answers: Int32Array;
  /** The next `steps` steps of all rows; the question is not among them. */
  read(steps: number): { tokens: Int32Array; B: number; L: number };
}

/**
 * Endless rows in which the special token comes once, within the first `length` steps: a model that is asked at any
 * later step must know the answer. A million steps need no more memory than a thousand.
 */
export function inductionRows(random: Random, { B, length, vocab }: InductionOptions): InductionRows {
  requireCount('inductionHeads', 'length', length, 3, 'special token, answer, special token');
  requireCount('inductionHeads', 'vocab', vocab, 3, 'the special token and two others');
  const noise = () => 1 + random.int(vocab - 1);
  const places = Int32Array.from({ length: B }, () => random.int(length - 2));
  const answers = Int32Array.from({ length: B }, noise);
  let from = 0;
  return {
    answers,
    read(L) {
      const tokens = Int32Array.from({ length: B * L }, noise);
      for (let b = 0; b < B; b++) {
        const place = places[b] - from;
        if (place >= 0 && place < L) tokens[b * L + place] = SPECIAL;
        if (place + 1 >= 0 && place + 1 < L) tokens[b * L + place + 1] = answers[b];
      }
      from += L;
      return { tokens, B, L };
    },
  };
}
