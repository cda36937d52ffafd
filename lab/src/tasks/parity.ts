/**
 * Running sums modulo k, of which parity is k = 2 (Grazzi et al. 2025; Lahoti et al. 2026, section 4).
 *
 *   k = 2   < 1 0 1 1   →   1 1 0 1
 *   k = 3   < 2 2 0 1   →   2 1 1 2
 *
 * Every digit changes all sums after it, so nothing may be forgotten. A state that only decays cannot hold the sum; one
 * that rotates by 1/k of a circle can. Tokens: 0 … k − 1 are digits, k begins a row.
 *
 * Each skewed row prefers one digit, by a part that is drawn from 0 to 1: some rows are nearly constant.
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
  /** Default: false. */
  skewed?: boolean;
}

/** L = 1 + digits; the target of each digit is the sum so far. */
export function runningSums(random: Random, { B, digits, k, skewed = false }: RunningSumOptions): TokenBatch {
  requireCount('runningSums', 'k', k, 2, 'modulo 1 every sum is 0');
  requireCount('runningSums', 'digits', digits, 1, 'there must be something to add');
  const L = 1 + digits;
  const tokens = new Int32Array(B * L);
  const targets = new Int32Array(B * L).fill(-1);
  for (let b = 0; b < B; b++) {
    let sum = 0;
    const preferred = random.int(k);
    const part = skewed ? random.uniform() : 0;
    tokens[b * L] = k;
    for (let t = 1; t < L; t++) {
      const digit = random.uniform() < part ? preferred : random.int(k);
      sum = (sum + digit) % k;
      tokens[b * L + t] = digit;
      targets[b * L + t] = sum;
    }
  }
  return { tokens, targets, B, L };
}
