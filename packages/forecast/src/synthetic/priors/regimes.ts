/**
 * Regimes: a hidden Markov chain selects level, reversion, spread and season of an Ornstein–Uhlenbeck process
 * (Hamilton 1989; the strongest single prior of TempoPFN, Moroshan et al. 2025).
 *
 *   xₜ = xₜ₋₁ + κ_z (m_z + τₜ + a_z sₜ − xₜ₋₁) + σ_z εₜ
 *
 * The chain may switch once (a level shift), a few times, or back and forth.
 */
import type { Random } from '@mamba-ts/core/random';
import { visibleSeasons } from '../clock.ts';
import { between, chance, exponential, logBetween, whole } from '../draw.ts';
import { whiteNoise } from '../noise.ts';
import { seasonal } from '../season.ts';
import { trend } from '../trend.ts';
import { add, type Draft } from '../vector.ts';

interface Regime {
  mean: number;
  pull: number;
  spread: number;
  amplitude: number;
}

/** Draws a series. */
export function regimes(random: Random, length: number): Draft {
  const period = chance(random, 0.6) ? visibleSeasons(random, length)[0] : undefined;
  const pattern = period ? seasonal(random, length, period) : new Float64Array(length);
  const drift = chance(random, 0.4) ? trend(random, length) : new Float64Array(length);
  const driftSize = logBetween(random, 0.1, 3);
  const [distance, shared] = [logBetween(random, 0.2, 4), logBetween(random, 0.005, 1)];
  const amplitude = period ? logBetween(random, 0.2, 3) : 0;
  const steady = logBetween(random, 0.03, 1);
  const draw = (): Regime => ({
    mean: distance * random.normal(),
    pull: chance(random, 0.5) ? shared : logBetween(random, 0.005, 1),
    spread: steady * logBetween(random, 0.5, 2.5),
    amplitude: amplitude * (chance(random, 0.6) ? 1 : between(random, 0.1, 2)),
  });
  const returning = chance(random, 0.6);
  const known = Array.from({ length: whole(random, 2, 4) }, draw);
  const stay = Math.max(5, returning ? logBetween(random, 10, length / 2) : length / whole(random, 1, 6));

  const errors = whiteNoise(random, length);
  const values = new Float64Array(length);
  let regime = known[0];
  let next = Math.ceil(stay * exponential(random));
  let x = regime.mean;
  for (let i = 0; i < length; i++) {
    if (i === next) {
      regime = returning ? known[random.int(known.length)] : draw();
      next = i + Math.ceil(stay * exponential(random));
      // A jump to the new level, not a slow approach.
      if (chance(random, 0.4)) x += regime.mean - x;
    }
    const goal = regime.mean + driftSize * drift[i] + regime.amplitude * pattern[i];
    // The stationary deviation does not depend on the reversion.
    x += regime.pull * (goal - x) + regime.spread * Math.sqrt(regime.pull * (2 - regime.pull)) * errors[i];
    values[i] = x;
  }
  // A slow reversion smooths the season away, so a part of it is added directly.
  if (period && chance(random, 0.6)) add(values, pattern, amplitude * random.uniform());
  return { values, season: period && Math.max(2, Math.round(period)) };
}
