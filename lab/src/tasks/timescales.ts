/**
 * Sums that forget at different speeds, each until its own bell rings.
 *
 *   sₖ ← (0 if bell k rings, else aₖ sₖ) + √(1 − aₖ²) x      aₖ = exp(−1 / τₖ)
 *
 * A step has the value x and the bells that ring; its targets are all sums after it. A model must keep one signal over
 * several time scales at the same time, and each bell resets only one of them.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Random } from '@mamba-ts/core/random';
import { requireCount } from './tokens.ts';

export interface TimescalesOptions {
  /** Rows. */
  B: number;
  /** Steps. */
  L: number;
  /** τ, in steps; bell k rings every 2 τₖ steps on average. */
  scales: readonly number[];
}

export interface TimescalesBatch {
  /** (B, L, 1 + K): the value, and 1 where a bell rings. */
  readonly inputs: Float32Array;
  /** (B, L, K) */
  readonly targets: Float32Array;
  readonly B: number;
  readonly L: number;
}

export function timescales(random: Random, { B, L, scales }: TimescalesOptions): TimescalesBatch {
  requireCount('timescales', 'B', B, 1, 'rows');
  requireCount('timescales', 'L', L, 1, 'steps');
  const wrong = scales.find((scale) => !(scale >= 1 && Number.isFinite(scale)));
  if (wrong !== undefined || scales.length === 0) {
    throw new UsageError('timescales', `scales is [${scales.join(', ')}], expected steps ≥ 1, one for each sum.`);
  }
  const K = scales.length;
  const keeps = scales.map((scale) => Math.exp(-1 / scale));
  const inputs = new Float32Array(B * L * (1 + K));
  const targets = new Float32Array(B * L * K);
  for (let b = 0; b < B; b++) {
    const sums = new Array<number>(K).fill(0);
    for (let t = 0; t < L; t++) {
      const row = b * L + t;
      const x = random.normal();
      inputs[row * (1 + K)] = x;
      for (let k = 0; k < K; k++) {
        const rings = random.uniform() < 1 / (2 * scales[k]);
        if (rings) inputs[row * (1 + K) + 1 + k] = 1;
        sums[k] = (rings ? 0 : keeps[k] * sums[k]) + Math.sqrt(1 - keeps[k] ** 2) * x;
        targets[row * K + k] = sums[k];
      }
    }
  }
  return { inputs, targets, B, L };
}
