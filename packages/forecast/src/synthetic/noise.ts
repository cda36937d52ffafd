/**
 * Noise of unit variance, and slow random paths.
 */
import type { Random } from '@mamba-ts/core/random';
import { beta, between, chance, exponential, gamma, logBetween, normals, pick, sign } from './draw.ts';
import { mapped, persistent, standardized } from './vector.ts';

/**
 * A smooth path through random knots `spacing` steps apart (Catmull & Rom 1974), with values of about N(0, 1). It is
 * a cheap approximation of a Gaussian process of that length scale.
 */
export function slowPath(random: Random, length: number, spacing: number): Float64Array {
  const step = Math.max(1, spacing);
  const knots = normals(random, Math.ceil(length / step) + 4);
  const start = random.uniform();
  const path = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const at = start + i / step;
    const k = Math.floor(at);
    const u = at - k;
    const [a, b, c, d] = [knots[k], knots[k + 1], knots[k + 2], knots[k + 3]];
    path[i] = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)));
  }
  return path;
}

type Kind = 'normal' | 'heavy' | 'laplace' | 'skewed' | 'bursts';
const KINDS: readonly Kind[] = ['normal', 'normal', 'normal', 'heavy', 'laplace', 'skewed', 'bursts'];

/** Independent draws, standardized. */
export function whiteNoise(random: Random, length: number, kind = pick(random, KINDS)): Float64Array {
  const values = normals(random, length);
  if (kind === 'normal') return values;
  if (kind === 'heavy') {
    const degrees = logBetween(random, 2.2, 10);
    mapped(values, (value) => value * Math.sqrt(degrees / (2 * gamma(random, degrees / 2))));
  } else if (kind === 'laplace') {
    mapped(values, (value) => value * Math.sqrt(exponential(random)));
  } else if (kind === 'skewed') {
    // Log-normal, or its mirror image.
    const [shape, way] = [between(random, 0.2, 1), sign(random)];
    mapped(values, (value) => way * Math.exp(shape * value));
  } else {
    const [rate, factor] = [logBetween(random, 0.005, 0.1), between(random, 3, 10)];
    mapped(values, (value) => (chance(random, rate) ? factor * value : value));
  }
  return standardized(values);
}

/** White or autocorrelated noise, whose spread may change slowly or with the season. The series has unit variance. */
export function noise(random: Random, length: number, season?: number): Float64Array {
  const values = whiteNoise(random, length);
  if (chance(random, 0.45)) persistent(values, beta(random, 2, 1.5));
  if (chance(random, 0.2)) {
    const path = slowPath(random, length, logBetween(random, 20, length));
    const strength = between(random, 0.2, 1);
    mapped(values, (value, i) => value * Math.exp(strength * path[i]));
  }
  if (season && chance(random, 0.3)) {
    const [strength, phase] = [between(random, 0.3, 0.95), random.uniform()];
    mapped(values, (value, i) => value * (1 + strength * Math.cos(2 * Math.PI * (i / season + phase))));
  }
  return standardized(values);
}
