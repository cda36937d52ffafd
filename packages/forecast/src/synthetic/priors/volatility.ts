/**
 * Clustered volatility: prices, their returns, and the volatility itself.
 *
 *   hₜ = μ + ρ (hₜ₋₁ − μ) + s ηₜ      rₜ = exp(hₜ / 2) εₜ      pₜ = p₀ exp(Σ r)
 *
 * Taylor's stochastic volatility (1986), with leverage (η and ε are correlated) and jumps (Merton 1976);
 * or GARCH(1, 1) (Bollerslev 1986): σₜ² = ω + a rₜ₋₁² + b σₜ₋₁².
 */
import type { Random } from '@mamba-ts/core/random';
import { beta, between, chance, logBetween, normals, sign } from '../draw.ts';
import { cumulated, type Draft, mapped, standardized } from '../vector.ts';

function stochasticReturns(random: Random, length: number): { returns: Float64Array; logVariance: Float64Array } {
  const [rho, spread, leverage] = [beta(random, 15, 1), between(random, 0.3, 1.3), between(random, -0.8, 0.2)];
  const [own, shared] = [normals(random, length), normals(random, length)];
  const jumps = chance(random, 0.4) ? logBetween(random, 0.001, 0.02) : 0;
  const returns = new Float64Array(length);
  const logVariance = new Float64Array(length);
  let h = spread * random.normal();
  for (let i = 0; i < length; i++) {
    returns[i] = Math.exp(h / 2) * shared[i];
    if (jumps > 0 && chance(random, jumps)) returns[i] += sign(random) * between(random, 3, 8);
    logVariance[i] = h;
    const shock = leverage * shared[i] + Math.sqrt(1 - leverage * leverage) * own[i];
    h = rho * h + spread * Math.sqrt(1 - rho * rho) * shock;
  }
  return { returns, logVariance };
}

function garchReturns(random: Random, length: number): { returns: Float64Array; logVariance: Float64Array } {
  const a = between(random, 0.03, 0.25);
  const b = (1 - a) * between(random, 0.7, 0.99);
  const omega = 1 - a - b;
  const returns = normals(random, length);
  const logVariance = new Float64Array(length);
  let variance = 1;
  for (let i = 0; i < length; i++) {
    logVariance[i] = Math.log(variance);
    returns[i] *= Math.sqrt(variance);
    variance = omega + a * returns[i] ** 2 + b * variance;
  }
  return { returns, logVariance };
}

/** Draws a series. */
export function volatility(random: Random, length: number): Draft {
  const { returns, logVariance } = (chance(random, 0.65) ? stochasticReturns : garchReturns)(random, length);
  const shown = random.uniform();
  if (shown < 0.2) return { values: returns };
  if (shown < 0.35) {
    return { values: mapped(logVariance, (h) => Math.exp(h / 2)), support: 'nonnegative' };
  }
  const drift = between(random, -0.03, 0.05);
  const path = standardized(cumulated(mapped(returns, (value) => value + drift)));
  const range = logBetween(random, 0.03, 1);
  return { values: mapped(path, (value) => Math.exp(range * value)), support: 'nonnegative' };
}
