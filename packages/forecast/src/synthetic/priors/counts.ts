/**
 * Counts and intermittent demand.
 *
 *   counts         yₜ ~ Poisson or negative binomial of mean λₜ, log λₜ = trend + season + memory
 *   intermittent   yₜ = bₜ zₜ: bₜ: whether there is demand, zₜ ≥ 1: how much (Croston 1972)
 *
 * Demand may be lumpy, seasonal in its occurrence, fade out, or come in orders with random gaps.
 */
import type { Random } from '@mamba-ts/core/random';
import { visibleSeasons } from '../clock.ts';
import { beta, between, chance, exponential, gamma, logBetween, negativeBinomial, normals, poisson } from '../draw.ts';
import { slowPath } from '../noise.ts';
import { seasonal } from '../season.ts';
import { trend } from '../trend.ts';
import { add, type Draft, mapped, persistent } from '../vector.ts';

/** log λₜ − log λ, and its season. */
function logRate(random: Random, length: number): { rate: Float64Array; season?: number } {
  const rate = new Float64Array(length);
  if (chance(random, 0.5)) add(rate, trend(random, length), logBetween(random, 0.05, 0.8));
  if (chance(random, 0.5))
    add(rate, persistent(normals(random, length), beta(random, 8, 1)), between(random, 0.1, 0.6));
  const period = chance(random, 0.7) ? visibleSeasons(random, length)[0] : undefined;
  if (period) add(rate, seasonal(random, length, period), logBetween(random, 0.15, 1.2));
  return { rate, season: period && Math.max(2, Math.round(period)) };
}

/** Draws counts. */
export function counts(random: Random, length: number): Draft {
  const { rate, season } = logRate(random, length);
  const [level, size] = [logBetween(random, 0.5, 300), chance(random, 0.5) ? logBetween(random, 0.5, 30) : 0];
  // Demand is at most e⁵ times its level.
  const draw = (mean: number) => (size > 0 ? negativeBinomial(random, mean, size) : poisson(random, mean));
  const values = mapped(rate, (value) => draw(level * Math.exp(Math.min(5, value))));
  return { values, season, support: 'counts' };
}

/** The size of a demand: at least 1 if whole, about `mean` on average. */
function sizeOf(random: Random, mean: number, shape: number, isWhole: boolean): number {
  const size = (gamma(random, shape) * mean) / shape;
  return isWhole ? 1 + Math.round(size) : size + 0.05 * mean;
}

/** Draws intermittent demand. */
export function intermittent(random: Random, length: number): Draft {
  const { rate, season } = logRate(random, length);
  const [mean, shape, isWhole] = [logBetween(random, 0.3, 40), logBetween(random, 0.4, 20), chance(random, 0.85)];
  const share = between(random, 0.04, 0.55);
  const values = new Float64Array(length);
  const isOrdered = chance(random, 0.35);
  if (isOrdered) {
    // Orders with gaps from regular to random.
    const [gap, regular] = [1 / share, logBetween(random, 0.7, 30)];
    for (let at = gap * random.uniform(); at < length; at += (gamma(random, regular) * gap) / regular) {
      values[Math.floor(at)] += sizeOf(random, mean, shape, isWhole);
    }
  } else {
    const isSized = chance(random, 0.4);
    for (let i = 0; i < length; i++) {
      if (!chance(random, Math.min(0.9, share * Math.exp(rate[i])))) continue;
      values[i] = sizeOf(random, isSized ? mean * Math.exp(Math.min(3, rate[i])) : mean, shape, isWhole);
    }
  }
  if (chance(random, 0.1)) {
    // Obsolescence: demand becomes rarer and rarer.
    const [from, life] = [length * between(random, 0.3, 0.9), (length / 4) * exponential(random) + 1];
    mapped(values, (value, i) => (i > from && !chance(random, Math.exp((from - i) / life)) ? 0 : value));
  }
  return { values, season: isOrdered ? undefined : season, support: isWhole ? 'counts' : 'nonnegative' };
}

/** Self-exciting counts (after Hawkes 1971): the rate rises with each event and decays, over a slow base rate. */
export function bursts(random: Random, length: number): Draft {
  const base = logBetween(random, 0.05, 5);
  const [decay, infection] = [Math.exp(-1 / logBetween(random, 1, 20)), between(random, 0.4, 0.95)];
  const path = slowPath(random, length, logBetween(random, 10, length));
  let excited = 0;
  const values = mapped(path, (value) => {
    const count = poisson(random, base * Math.exp(0.5 * value) + excited);
    excited = decay * excited + (1 - decay) * infection * count;
    return count;
  });
  return { values, support: 'counts' };
}
