/**
 * Seasonal ARIMA, one or a combination of two with different seasons (as in SarSim0, Oreshkin et al. 2026).
 *
 *   φ(B) Φ(Bˢ) (1 − B)ᵈ (1 − Bˢ)ᴰ yₜ = c + θ(B) Θ(Bˢ) εₜ
 *
 * Polynomials are drawn by partial autocorrelations in (−1, 1), so each is stable (Monahan 1984).
 */
import type { Random } from '@mamba-ts/core/random';
import { visibleSeasons } from '../clock.ts';
import { beta, between, chance, logBetween, whole } from '../draw.ts';
import { whiteNoise } from '../noise.ts';
import { add, type Draft, mapped, standardized } from '../vector.ts';

/** Coefficients a₁ … aₚ of a stable 1 − a₁B − … − aₚBᵖ. */
export function stablePolynomial(partials: readonly number[]): number[] {
  let a: number[] = [];
  for (const r of partials) a = [...a.map((value, j) => value - r * a[a.length - 1 - j]), r];
  return a;
}

function drawPolynomial(random: Random, order: number, positive: number): number[] {
  return stablePolynomial(
    Array.from({ length: order }, () => (chance(random, positive) ? 1 : -1) * 0.98 * beta(random, 1.5, 1.5)),
  );
}

/** yₜ = xₜ + Σ aⱼ yₜ₋ⱼ.ₛ, in place. */
function recur(x: Float64Array, a: readonly number[], stride: number): void {
  for (let i = stride; i < x.length; i++) {
    for (let j = 0; j < a.length && (j + 1) * stride <= i; j++) x[i] += a[j] * x[i - (j + 1) * stride];
  }
}

/** yₜ = xₜ − Σ bⱼ xₜ₋ⱼ.ₛ, in place. */
function average(x: Float64Array, b: readonly number[], stride: number): void {
  for (let i = x.length - 1; i >= stride; i--) {
    for (let j = 0; j < b.length && (j + 1) * stride <= i; j++) x[i] -= b[j] * x[i - (j + 1) * stride];
  }
}

function seasonalArima(random: Random, length: number, season: number | undefined): Float64Array {
  const burnIn = 100 + 4 * (season ?? 0);
  const x = whiteNoise(random, burnIn + length);
  average(x, drawPolynomial(random, whole(random, 0, 2), 0.5), 1);
  if (season && chance(random, 0.6)) average(x, drawPolynomial(random, 1, 0.85), season);
  recur(x, drawPolynomial(random, whole(random, 0, 3), 0.75), 1);
  if (season && chance(random, 0.4)) recur(x, drawPolynomial(random, whole(random, 1, 2), 0.9), season);
  const y = standardized(x.slice(burnIn));
  if (season && chance(random, 0.65)) {
    // The first season is a pattern, larger than its later changes.
    const pattern = logBetween(random, 1, 30);
    mapped(y, (value, i) => (i < season ? pattern * value : value));
    recur(y, [1], season);
  }
  const order = chance(random, 0.5) ? 0 : chance(random, 0.85) ? 1 : 2;
  for (let d = 0; d < order; d++) {
    const drift = chance(random, 0.4) ? between(random, -0.2, 0.2) : 0;
    const mean = d === 1 || chance(random, 0.5) ? y.reduce((sum, value) => sum + value, 0) / y.length : 0;
    mapped(y, (value) => value - mean + drift);
    recur(y, [1], 1);
  }
  if (order > 0 && chance(random, 0.4)) add(y, whiteNoise(random, length), logBetween(random, 0.2, 5));
  return standardized(y);
}

/** Draws a series. */
export function arima(random: Random, length: number): Draft {
  const periods = visibleSeasons(random, length).filter((period) => period <= 1000);
  const season = periods.length > 0 && chance(random, 0.75) ? Math.max(2, Math.round(periods[0])) : undefined;
  const values = seasonalArima(random, length, season);
  if (chance(random, 0.3)) {
    const second = periods.length > 1 ? Math.round(periods[1]) : undefined;
    const other = seasonalArima(random, length, second);
    const weight = between(random, 0.2, 1);
    if (chance(random, 0.6)) add(values, other, weight);
    else mapped(values, (value, i) => value * Math.exp(0.4 * weight * other[i]));
  }
  return { values, season };
}
