/**
 * Running sums modulo k, of which parity is k = 2 (Grazzi et al. 2025; Lahoti et al. 2026, section 4).
 *
 *   k = 2   < 1 0 1 1   →   1 1 0 1
 *   k = 3   < 2 2 0 1   →   2 1 1 2
 *
 * Every digit changes what all digits after it mean: nothing may be forgotten, and a state that only decays
 * cannot hold it; one that turns by 1/k of a circle can. Tokens: 0 … k − 1 are digits, k begins a row.
 *
 * Skewed rows have a digit of their own more often, from not at all to always. Among them are rows in which a
 * digit comes k times as often as it does by chance.
 */
import type { Random } from '@mamba-ts/core/random';
import { requireCount, type TokenBatch } from './tokens.ts';

export interface RunningSumOptions {
  /** Rows. */
  B: number;
  /** Digits of a row. */
  digits: number;
  /** Sums are modulo this. */
  k: number;
  /** false by default. */
  skewed?: boolean;
}

/** L = 1 + digits; each digit has the sum so far as its target. */
export function runningSums(random: Random, { B, digits, k, skewed = false }: RunningSumOptions): TokenBatch {
  requireCount('runningSums', 'k', k, 2, 'modulo 1 every sum is 0');
  requireCount('runningSums', 'digits', digits, 1, 'something is to be added');
  const L = 1 + digits;
  const tokens = new Int32Array(B * L);
  const targets = new Int32Array(B * L).fill(-1);
  for (let b = 0; b < B; b++) {
    let sum = 0;
    const own = random.int(k);
    const part = skewed ? random.uniform() : 0;
    tokens[b * L] = k;
    for (let t = 1; t < L; t++) {
      const digit = random.uniform() < part ? own : random.int(k);
      sum = (sum + digit) % k;
      tokens[b * L + t] = digit;
      targets[b * L + t] = sum;
    }
  }
  return { tokens, targets, B, L };
}
