/**
 * A local level model: a random walk with heavy-tailed steps, observed with noise, as in weekly and yearly series,
 * prices and polls.
 *
 *   ℓₜ = ℓₜ₋₁ − κ (ℓₜ₋₁ − m) + δ + σₜ ηₜ      yₜ = ℓₜ + r εₜ      or its exponential
 *
 * κ = 0: a random walk with drift δ; κ > 0: reversion to m. It may have jumps, and a weak yearly season.
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, logBetween, sign, studentT } from '../draw.ts';
import { slowPath, whiteNoise } from '../noise.ts';
import { seasonal } from '../season.ts';
import { add, type Draft, mapped, standardized } from '../vector.ts';

/** Draws a series. */
export function localLevel(random: Random, length: number): Draft {
  const degrees = logBetween(random, 2.5, 40);
  const pull = chance(random, 0.5) ? 0 : logBetween(random, 0.003, 0.4);
  const drift = chance(random, 0.4) ? between(random, -1, 1) * logBetween(random, 0.005, 0.15) : 0;
  const jumps = chance(random, 0.4) ? logBetween(random, 1 / length, 0.02) : 0;
  const jumpSize = between(random, 3, 15);
  const unrest = chance(random, 0.5) ? between(random, 0.2, 1) : 0;
  const spread = slowPath(random, length, logBetween(random, 8, length));
  // A part of the last change is repeated or reversed: momentum, or its opposite.
  const momentum = chance(random, 0.35) ? between(random, -0.4, 0.8) : 0;
  const values = new Float64Array(length);
  let [level, change] = [pull > 0 ? random.normal() / Math.sqrt(2 * pull) : 0, 0];
  for (let i = 0; i < length; i++) {
    const shock = studentT(random, degrees) * Math.exp(unrest * spread[i]);
    change = momentum * change + shock;
    level += change + drift - pull * level;
    if (jumps > 0 && chance(random, jumps)) level += sign(random) * jumpSize * (0.5 + random.uniform());
    values[i] = level;
  }
  if (chance(random, 0.7)) add(values, whiteNoise(random, length), logBetween(random, 0.1, 6));
  let season: number | undefined;
  if (chance(random, 0.2) && length > 104) {
    season = 52;
    standardized(values);
    add(values, seasonal(random, length, 365.25 / 7), logBetween(random, 0.05, 0.7));
  }
  if (chance(random, 0.4)) {
    const range = logBetween(random, 0.05, 1);
    standardized(values);
    return { values: mapped(values, (value) => Math.exp(range * value)), season, support: 'nonnegative' };
  }
  return { values, season };
}
