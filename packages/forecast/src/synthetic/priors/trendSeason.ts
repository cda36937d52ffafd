/**
 * Trend × season × noise, as in ForecastPFN (Dooley et al. 2023) with more shapes.
 *
 *   additive         yₜ = a τₜ + Σ bₖ sₖ(t) + c εₜ
 *   multiplicative   yₜ = exp(a τₜ + Σ bₖ sₖ(t)) · (1 + c εₜ)
 *
 * The seasons come from one calendar: days with weeks and years, months with years.
 */
import type { Random } from '@mamba-ts/core/random';
import { visibleSeasons } from '../clock.ts';
import { chance, logBetween } from '../draw.ts';
import { noise } from '../noise.ts';
import { seasonal } from '../season.ts';
import { trend } from '../trend.ts';
import { add, type Draft, mapped, standardized } from '../vector.ts';

/** Draws a series. */
export function trendSeason(random: Random, length: number): Draft {
  const periods = visibleSeasons(random, length);
  const kept = periods.filter((_, k) => k === 0 || chance(random, 0.5));
  const signal = new Float64Array(length);
  if (chance(random, 0.75)) add(signal, trend(random, length), logBetween(random, 0.1, 4));
  kept.forEach((period, k) => {
    add(signal, seasonal(random, length, period), k === 0 ? logBetween(random, 0.3, 2) : logBetween(random, 0.1, 1));
  });
  const season = kept.length > 0 ? Math.max(2, Math.round(kept[0])) : undefined;
  const error = noise(random, length, season);
  if (chance(random, 0.5)) return { values: add(signal, error, logBetween(random, 0.01, 1)), season };
  const strength = logBetween(random, 0.05, 0.9);
  const spread = logBetween(random, 0.005, 0.3);
  // Values are at most e³ times the level: a sharp season on a steep trend would dominate the series.
  const values = mapped(standardized(signal), (value, i) => {
    return Math.exp(Math.min(3, strength * value)) * Math.max(0, 1 + spread * error[i]);
  });
  return { values, season, support: 'nonnegative' };
}
