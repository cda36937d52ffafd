/**
 * Associative recall (after Arora et al. 2024): which value was last written under this key?
 *
 *   a 3 · b 1 · · a 7 ?b · ?a   →   at ?b: 1, at ?a: 7
 *
 * Writes, questions and noise come in any order. A model must skip noise, keep a value for any number of steps, and
 * forget it as soon as its key is written again.
 *
 * Tokens: 0 is noise, then the keys, the questions for them, and the values.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Random } from '@mamba-ts/core/random';
import { requireCount, type TokenBatch } from './tokens.ts';

export interface RecallOptions {
  /** Rows. */
  B: number;
  /** Steps. */
  L: number;
  keys: number;
  values: number;
  /** Whether keys may be written again. */
  overwrites: boolean;
  /** The part of the events that are noise, 0 to below 1; half of the others are writes, half are questions. */
  noise: number;
}

export const recallVocab = ({ keys, values }: Pick<RecallOptions, 'keys' | 'values'>): number => 1 + 2 * keys + values;

export function recall(random: Random, { B, L, keys, values, overwrites, noise }: RecallOptions): TokenBatch {
  requireCount('recall', 'B', B, 1, 'rows');
  requireCount('recall', 'L', L, 3, 'a key, its value and the question');
  requireCount('recall', 'keys', keys, 1, 'a value is kept under a key');
  requireCount('recall', 'values', values, 2, 'one value alone says nothing');
  if (!(noise >= 0 && noise < 1))
    throw new UsageError('recall', `noise is ${noise}, expected a part from 0 to below 1.`);
  const tokens = new Int32Array(B * L);
  const targets = new Int32Array(B * L).fill(-1);
  for (let b = 0; b < B; b++) {
    const written = new Map<number, number>();
    for (let t = 0; t < L; t++) {
      const at = b * L + t;
      if (random.uniform() < noise) continue;
      const full = !overwrites && written.size === keys;
      if (written.size === 0 || (!full && random.uniform() < 0.5)) {
        // No value fits after the last step: it stays noise.
        if (t + 1 === L) continue;
        const key = overwrites ? random.int(keys) : unwritten(random, keys, written);
        const value = 1 + 2 * keys + random.int(values);
        written.set(key, value);
        tokens[at] = 1 + key;
        tokens[at + 1] = value;
        t++;
      } else {
        const key = [...written.keys()][random.int(written.size)];
        tokens[at] = 1 + keys + key;
        targets[at] = written.get(key) as number;
      }
    }
  }
  return { tokens, targets, B, L };
}

/** A key that is not written yet; all are equally likely. */
function unwritten(random: Random, keys: number, written: ReadonlyMap<number, number>): number {
  let left = random.int(keys - written.size);
  for (let key = 0; ; key++) if (!written.has(key) && left-- === 0) return key;
}
