/** The batches that task generators draw, and what they share. */
import { UsageError } from '@mamba-ts/core/errors';

/** Rows of tokens, with the target of each; −1: no target. */
export interface TokenBatch {
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
  readonly B: number;
  readonly L: number;
}

/** Refuses what is not a whole number ≥ `least`. */
export function requireCount(task: string, name: string, value: number, least: number, why: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError(task, `${name} is ${value}, expected a whole number ≥ ${least}: ${why}.`);
}

/** The number of right answers, and of targets. The largest logit of a row is the answer. */
export function countRight(logits: Float32Array, vocab: number, targets: Int32Array): { right: number; of: number } {
  let right = 0;
  let of = 0;
  for (let row = 0; row < targets.length; row++) {
    if (targets[row] < 0) continue;
    of++;
    if (largest(logits, row * vocab, vocab) === targets[row]) right++;
  }
  return { right, of };
}

/** The index of the largest of `count` values from `start` on, counted from `start`. */
export function largest(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
