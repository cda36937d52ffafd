/**
 * Draws from a `Random`: ranges, choices, and further distributions.
 *
 *   const period = logBetween(random, 4, 400);
 *   const kind = pick(random, ['saw', 'square']);
 */
import type { Random } from '@mamba-ts/core/random';

/** Uniform in [low, high). */
export const between = (random: Random, low: number, high: number) => low + (high - low) * random.uniform();

/** Log-uniform in [low, high): every factor of ten is equally likely. */
export const logBetween = (random: Random, low: number, high: number) => low * (high / low) ** random.uniform();

/** A whole number from low to high, both included. */
export const whole = (random: Random, low: number, high: number) => low + random.int(high - low + 1);

/** true with this probability. */
export const chance = (random: Random, probability: number) => random.uniform() < probability;

/** 1 or −1. */
export const sign = (random: Random) => (chance(random, 0.5) ? 1 : -1);

/** One of `items`. */
export const pick = <T>(random: Random, items: readonly T[]): T => items[random.int(items.length)];

/** One of `items`, each with a probability in proportion to its weight. */
export function pickWeighted<T extends { readonly weight: number }>(random: Random, items: readonly T[]): T {
  let left = random.uniform() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return items[items.length - 1];
}

/** Standard normals (Box & Muller 1958). */
export function normals(random: Random, length: number): Float64Array {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Exponential with mean 1. */
export const exponential = (random: Random) => -Math.log(1 - random.uniform());

/** Gamma with this shape and scale 1 (Marsaglia & Tsang 2000). */
export function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Beta(a, b). */
export function beta(random: Random, a: number, b: number): number {
  const x = gamma(random, a);
  return x / (x + gamma(random, b));
}

/** Student's t. Its variance is finite above 2 degrees of freedom only. */
export const studentT = (random: Random, degrees: number) =>
  random.normal() / Math.sqrt((2 * gamma(random, degrees / 2)) / degrees);

/** Poisson by products of uniforms (Knuth 1969); above a rate of 30, a rounded normal as an approximation. */
export function poisson(random: Random, rate: number): number {
  if (rate > 30) return Math.max(0, Math.round(rate + Math.sqrt(rate) * random.normal()));
  const floor = Math.exp(-rate);
  let count = 0;
  for (let product = 1 - random.uniform(); product > floor; product *= 1 - random.uniform()) count++;
  return count;
}

/** Negative binomial, as a Poisson with a gamma rate. Its variance is mean + mean² / size. */
export const negativeBinomial = (random: Random, mean: number, size: number) =>
  poisson(random, (gamma(random, size) * mean) / size);
