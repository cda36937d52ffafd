/**
 * Copying, plain and selective (Gu & Dao 2023, figure 2).
 *
 *   plain      e b f · · · · · · · ? ? ?   →   e b f
 *   selective  · e · · b · · · f · ? ? ?   →   e b f
 *
 * In plain copying every symbol has the same distance from its answer, so counting steps is enough. In selective
 * copying the places differ from row to row, so what to remember depends on the symbols.
 *
 * Tokens: 0 is noise, 1 asks for the next symbol, the others are symbols.
 */
import type { Random } from '@mamba-ts/core/random';
import { requireCount, type TokenBatch } from './tokens.ts';

export const NOISE = 0;
export const ASK = 1;
const FIRST_SYMBOL = 2;

export interface CopyingOptions {
  /** Rows. */
  B: number;
  /** Steps before the first question. */
  context: number;
  /** Symbols to copy. */
  symbols: number;
  /** Tokens, with noise and question. */
  vocab: number;
  /** Whether the places are drawn. Otherwise the symbols come first. */
  selective: boolean;
}

/** L = context + symbols. */
export function copying(random: Random, { B, context, symbols, vocab, selective }: CopyingOptions): TokenBatch {
  requireCount('copying', 'vocab', vocab, FIRST_SYMBOL + 2, 'noise, question and two symbols');
  requireCount('copying', 'symbols', symbols, 1, 'there must be something to copy');
  requireCount('copying', 'context', context, symbols, 'it holds the symbols');
  const L = context + symbols;
  const tokens = new Int32Array(B * L).fill(NOISE);
  const targets = new Int32Array(B * L).fill(-1);
  for (let b = 0; b < B; b++) {
    const places = selective ? subset(random, context, symbols) : undefined;
    for (let i = 0; i < symbols; i++) {
      const symbol = FIRST_SYMBOL + random.int(vocab - FIRST_SYMBOL);
      tokens[b * L + (places?.[i] ?? i)] = symbol;
      tokens[b * L + context + i] = ASK;
      targets[b * L + context + i] = symbol;
    }
  }
  return { tokens, targets, B, L };
}

/** `count` numbers of 0 … n − 1 in order; all subsets are equally likely (Knuth, algorithm S). */
function subset(random: Random, n: number, count: number): number[] {
  const chosen: number[] = [];
  for (let i = 0; chosen.length < count; i++) if (random.int(n - i) < count - chosen.length) chosen.push(i);
  return chosen;
}
