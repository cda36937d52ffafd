/**
 * Profiles of a season, and series that repeat them.
 *
 *   yₜ = exp(s aₜ) · profile((t + φ) / period)
 *
 * A profile is a table over one period with mean 0 and deviation 1: waves, peaks, plateaus, ramps, or random slots.
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, logBetween, normals, pickWeighted, sign, whole } from './draw.ts';
import { slowPath } from './noise.ts';
import { add, mapped, standardized } from './vector.ts';

type Draw = (random: Random, size: number) => Float64Array;

/** A few harmonics, weaker at higher frequencies. */
function waves(random: Random, size: number): Float64Array {
  const table = new Float64Array(size);
  const count = whole(random, 1, Math.max(1, Math.min(chance(random, 0.3) ? 16 : 4, size >> 1)));
  const decay = between(random, 0.6, 2);
  for (let k = 1; k <= count; k++) {
    const [weight, phase] = [random.normal() / k ** decay, random.uniform()];
    for (let i = 0; i < size; i++) table[i] += weight * Math.cos(2 * Math.PI * ((k * i) / size + phase));
  }
  return table;
}

/** One to four peaks, from broad to sharp (von Mises). */
function peaks(random: Random, size: number): Float64Array {
  const table = new Float64Array(size);
  const way = chance(random, 0.8) ? 1 : -1;
  for (let k = whole(random, 1, 4); k > 0; k--) {
    const [center, sharpness, height] = [random.uniform(), logBetween(random, 2, 300), way * between(random, 0.3, 1)];
    for (let i = 0; i < size; i++) {
      table[i] += height * Math.exp(sharpness * (Math.cos(2 * Math.PI * (i / size - center)) - 1));
    }
  }
  return table;
}

/** On for a part of the period and off for the rest, with edges from sharp to soft: day and night. */
function plateau(random: Random, size: number): Float64Array {
  const [center, part, edge] = [random.uniform(), between(random, 0.1, 0.7), logBetween(random, 0.02, 0.6)];
  const border = Math.cos(Math.PI * part);
  const table = Float64Array.from({ length: size }, (_, i) => {
    const height = (Math.cos(2 * Math.PI * (i / size - center)) - border) / edge;
    return 1 / (1 + Math.exp(-height));
  });
  return chance(random, 0.4) ? add(table, standardized(waves(random, size)), between(random, 0.02, 0.15)) : table;
}

/** Rising for a part of the period and falling for the rest. */
function ramp(random: Random, size: number): Float64Array {
  const [start, part] = [random.uniform(), between(random, 0.03, 0.97)];
  return Float64Array.from({ length: size }, (_, i) => {
    const at = (i / size + start) % 1;
    return at < part ? at / part : (1 - at) / (1 - part);
  });
}

/** A random value in every slot, or in each of a few stretches. */
function slots(random: Random, size: number): Float64Array {
  if (size <= 31 || chance(random, 0.2)) return normals(random, size);
  const levels = normals(random, whole(random, 3, 24));
  return Float64Array.from({ length: size }, (_, i) => levels[Math.floor((i * levels.length) / size)]);
}

const DRAWS: readonly { draw: Draw; weight: number }[] = [
  { draw: waves, weight: 6 },
  { draw: peaks, weight: 4 },
  { draw: plateau, weight: 4 },
  { draw: ramp, weight: 1.5 },
  { draw: slots, weight: 2 },
];

/** A profile: one shape or the sum of two, possibly exponentiated. */
export function profile(random: Random, size: number): Float64Array {
  const table = standardized(pickWeighted(random, DRAWS).draw(random, size));
  if (chance(random, 0.3)) {
    add(table, standardized(pickWeighted(random, DRAWS).draw(random, size)), between(random, 0.2, 0.8));
  }
  if (chance(random, 0.2)) {
    const power = sign(random) * between(random, 0.3, 1.2);
    mapped(table, (value) => Math.sign(power) * Math.exp(power * value));
  }
  standardized(table);
  // All zeros: a wave sampled at its zeros, or a peak between two slots.
  if (table.every((value) => value === 0)) return standardized(normals(random, size));
  return table;
}

/** The profile at a phase, in periods, interpolated linearly between slots. */
export function readProfile(table: Float64Array, phase: number): number {
  const at = (phase - Math.floor(phase)) * table.length;
  const i = Math.floor(at);
  const low = table[i < table.length ? i : 0];
  return low + (at - i) * (table[i + 1 < table.length ? i + 1 : 0] - low);
}

/** Slots of a profile for a period: one for each step, if the period is not too long. */
const sizeOf = (period: number) => (period <= 2048 ? Math.max(2, Math.round(period)) : 1024);

/** A season over `length` steps, of about unit deviation. Its amplitude and its shape may change slowly. */
export function seasonal(random: Random, length: number, period: number): Float64Array {
  const size = sizeOf(period);
  const [from, to] = [profile(random, size), chance(random, 0.2) ? profile(random, size) : undefined];
  // A whole number of slots, so that sharp edges stay sharp.
  const start = random.int(size) / size;
  const strength = chance(random, 0.4) ? between(random, 0.1, 0.6) : 0;
  const [slowest, slow] = [Math.max(2 * period, length / 2), Math.max(2 * period, length / 12)];
  const amplitude = slowPath(random, length, logBetween(random, slow, slowest));
  const change = to && slowPath(random, length, logBetween(random, slow, slowest));
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const phase = start + i / period;
    let value = readProfile(from, phase);
    if (to && change) {
      const weight = 1 / (1 + Math.exp(-1.5 * change[i]));
      value += weight * (readProfile(to, phase) - value);
    }
    values[i] = strength > 0 ? value * Math.exp(strength * amplitude[i]) : value;
  }
  return values;
}
