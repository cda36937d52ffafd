/**
 * Exponential smoothing as a generator: the innovations form of ETS (Hyndman et al. 2008, chapter 2).
 *
 *   yₜ = (ℓ + φ b) · s + e      ℓ ← ℓ + φ b + α e/s      b ← φ b + β e/s      s ← s + γ e/(ℓ + φ b)
 *
 * or with sums in place of products. e = σ ε, or σ ε times the mean where errors are multiplicative.
 */
import type { Random } from '@mamba-ts/core/random';
import { visibleSeasons } from '../clock.ts';
import { beta, between, chance, logBetween } from '../draw.ts';
import { whiteNoise } from '../noise.ts';
import { profile } from '../season.ts';
import type { Draft } from '../vector.ts';

/** Draws a series. */
export function exponentialSmoothing(random: Random, length: number): Draft {
  const period = visibleSeasons(random, length)[0];
  const season = period && chance(random, 0.75) ? Math.min(1024, Math.max(2, Math.round(period))) : undefined;
  const [isRelative, isProduct] = [chance(random, 0.5), chance(random, 0.5)];
  const sigma = logBetween(random, 0.003, 0.15);
  // The level is a random walk, which moves by about α σ √n over the series: at most about 1.
  const alpha = Math.min(beta(random, 1, 1.5), 1 / (sigma * Math.sqrt(length)));
  const hasTrend = chance(random, 0.6);
  const slopeBound = Math.min(alpha, 1 / (sigma * length ** 1.5));
  const betaGain = hasTrend ? slopeBound * random.uniform() : 0;
  const damping = chance(random, 0.5) ? 1 : between(random, 0.8, 0.995);
  const gammaGain = season ? (1 - alpha) * beta(random, 1, 8) : 0;
  const depth = logBetween(random, 0.02, 0.6);
  const factors = season ? profile(random, season) : new Float64Array(1);
  for (let k = 0; k < factors.length; k++) {
    factors[k] = isProduct ? Math.max(0.02, 1 + depth * factors[k]) : depth * factors[k];
  }
  const errors = whiteNoise(random, length);
  let level = 1;
  let slope = hasTrend ? between(random, -0.7, 1.5) / length : 0;
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const k = i % factors.length;
    const base = level + damping * slope;
    const factor = season ? factors[k] : isProduct ? 1 : 0;
    const mean = isProduct ? base * factor : base + factor;
    const error = errors[i] * sigma * (isRelative ? Math.abs(mean) : 1);
    const local = isProduct ? error / Math.max(0.05, factor) : error;
    values[i] = mean + error;
    level = base + alpha * local;
    slope = damping * slope + betaGain * local;
    if (season && isProduct) {
      // Near a level of 0 a multiplicative season is not defined, and is kept.
      if (Math.abs(base) > 0.05) factors[k] = Math.min(20, Math.max(0.02, factor + (gammaGain * error) / base));
    } else if (season) {
      factors[k] += gammaGain * error;
    }
  }
  return { values, season };
}
