/**
 * The measurement of a series: its scale, faults, rounding, and missing values.
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, exponential, logBetween, sign, whole } from './draw.ts';
import { type Draft, deviationOf, mapped, standardized } from './vector.ts';

/** A scale: mostly a usual one, sometimes any from 10⁻⁶ to 10⁹. */
const magnitude = (random: Random) =>
  chance(random, 0.7) ? logBetween(random, 0.1, 1e4) : logBetween(random, 1e-6, 1e9);

/** Values on a scale and a level. Counts keep theirs, non-negative values are only scaled. */
export function placed(random: Random, { values, support }: Draft): Float64Array {
  if (support === 'counts') {
    const unit = chance(random, 0.1) ? Math.round(logBetween(random, 2, 1000)) : 1;
    return values.map((value) => unit * value);
  }
  const scale = magnitude(random);
  if (support === 'nonnegative') return values.map((value) => scale * value);
  const z = standardized(values.slice());
  // Most measurements are positive: a level, and a spread that is a part of it.
  const level = chance(random, 0.6)
    ? 1 / logBetween(random, 0.005, 0.5)
    : chance(random, 0.5)
      ? 5 * random.normal()
      : 0;
  const moved = mapped(z, (value) => scale * (value + level));
  if (level > 1 && chance(random, 0.7)) mapped(moved, (value) => Math.max(0, value));
  return moved;
}

/** Adds outliers in place: single values and short runs. */
export function outliers(random: Random, values: Float64Array, support: Draft['support']): void {
  const size = deviationOf(values) * between(random, 3, 12);
  const oneWay = support ? 1 : chance(random, 0.5) ? 0 : sign(random);
  for (let k = whole(random, 1, Math.max(1, Math.ceil(values.length * logBetween(random, 0.001, 0.01)))); k > 0; k--) {
    const from = random.int(values.length);
    const width = chance(random, 0.8) ? 1 : whole(random, 2, 6);
    const jump = (oneWay || sign(random)) * size * (0.3 + exponential(random));
    for (let i = from; i < Math.min(values.length, from + width); i++) {
      values[i] = support === 'counts' ? Math.round(values[i] + jump) : values[i] + jump;
    }
  }
}

/** A sensor that keeps its last value, or reads 0, for a while; in place. */
export function stuck(random: Random, values: Float64Array): void {
  const n = values.length;
  const toZero = chance(random, 0.4);
  for (let k = whole(random, 1, 3); k > 0; k--) {
    const [from, width] = [random.int(n), Math.ceil((n / 20) * random.uniform())];
    const value = toZero ? 0 : values[from];
    for (let i = from; i < Math.min(n, from + width); i++) values[i] = value;
  }
}

/** A launch: zeros, then a rise to the values; in place. */
export function launched(random: Random, values: Float64Array): void {
  const n = values.length;
  const [from, rise] = [Math.floor(n * between(random, 0.05, 0.5)), 1 + n * between(random, 0, 0.2)];
  mapped(values, (value, i) => (i < from ? 0 : value * Math.min(1, (i - from + 1) / rise)));
}

/** Rounds to a decimal step, in place. */
export function rounded(random: Random, values: Float64Array): void {
  const step = 10 ** Math.floor(Math.log10(deviationOf(values) * logBetween(random, 0.003, 1) || 1));
  mapped(values, (value) => Math.round(value / step) * step);
}

/** Sets values to NaN, in place: points, stretches, or the same part of every period. At most about 40 %. */
export function missing(random: Random, values: Float64Array, season?: number): void {
  const n = values.length;
  const kind = random.uniform();
  if (kind < 0.4) {
    const rate = logBetween(random, 0.002, 0.3);
    for (let i = 0; i < n; i++) if (chance(random, rate)) values[i] = Number.NaN;
  } else if (kind < 0.85 || !season || season < 5) {
    for (let k = whole(random, 1, 6); k > 0; k--) {
      const from = random.int(n);
      const width = Math.ceil(logBetween(random, 1, Math.max(2, n / 15)));
      values.fill(Number.NaN, from, Math.min(n, from + width));
    }
  } else {
    const [start, width] = [random.int(season), Math.max(1, Math.floor(season * between(random, 0.05, 0.4)))];
    for (let i = 0; i < n; i++) if ((i + start) % season < width) values[i] = Number.NaN;
  }
}
