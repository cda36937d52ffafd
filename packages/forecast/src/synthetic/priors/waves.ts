/**
 * Signals of machines, tariffs and schedules: square waves, telegraph signals, sawtooth waves, staircases, trains of
 * spikes, sines of drifting frequency.
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, exponential, logBetween, normals, pick, pickWeighted, sign, whole } from '../draw.ts';
import { noise, slowPath } from '../noise.ts';
import { add, type Draft, mapped, standardized } from '../vector.ts';

const CYCLES = [4, 5, 6, 7, 8, 10, 12, 14, 15, 20, 24, 25, 30, 48, 50, 52, 60, 96, 100, 144, 168] as const;

/** A period of which the series has at least three cycles; mostly a usual one. */
const drawPeriod = (random: Random, length: number) =>
  chance(random, 0.7)
    ? pick(
        random,
        CYCLES.filter((period, k) => k === 0 || 3 * period <= length),
      )
    : logBetween(random, 3, Math.max(4, length / 3));

/** f of the phase in [0, 1) and the number of the cycle. */
function periodic(random: Random, length: number, f: (phase: number, cycle: number) => number): Draft {
  const period = drawPeriod(random, length);
  const start = period * random.uniform();
  const values = Float64Array.from({ length }, (_, i) => {
    const at = (i + Math.floor(start)) / period;
    return f(at - Math.floor(at), Math.floor(at));
  });
  return { values, season: Math.max(2, Math.round(period)) };
}

function square(random: Random, length: number): Draft {
  const duty = between(random, 0.2, 0.8);
  return periodic(random, length, (phase) => (phase < duty ? 1 : 0));
}

function saw(random: Random, length: number): Draft {
  const [part, power] = [chance(random, 0.5) ? 1 : between(random, 0.1, 0.9), logBetween(random, 0.4, 2.5)];
  return periodic(random, length, (phase) => (phase < part ? phase / part : (1 - phase) / (1 - part)) ** power);
}

/** Spikes of random heights at one or two phases of the cycle, with a decay after each. */
function spikes(random: Random, length: number): Draft {
  const period = Math.max(4, Math.round(drawPeriod(random, length)));
  const [first, second] = [random.int(period), chance(random, 0.3) ? random.int(period) : -1];
  const [spread, decay] = [between(random, 0, 0.4), chance(random, 0.4) ? between(random, 0.2, 0.8) : 0];
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const slot = i % period;
    const height = slot === first ? 1 : slot === second ? 0.6 : 0;
    values[i] = height > 0 ? height * Math.exp(spread * random.normal()) : i > 0 ? decay * values[i - 1] : 0;
  }
  return { values, season: period };
}

/** A few levels, each held for a random time. */
function telegraph(random: Random, length: number): Draft {
  const levels = Array.from({ length: whole(random, 2, 5) }, () => random.normal());
  const [stay, jitter] = [logBetween(random, 3, Math.max(4, length / 5)), chance(random, 0.5) ? 1 : 0.2];
  let [k, next] = [0, 0];
  const values = Float64Array.from({ length }, (_, i) => {
    if (i >= next) {
      k = (k + 1 + random.int(levels.length - 1)) % levels.length;
      next = i + Math.max(1, stay * (1 - jitter + jitter * exponential(random)));
    }
    return levels[k];
  });
  return { values };
}

/** Cumulated steps, mostly in one direction. */
function staircase(random: Random, length: number): Draft {
  const [stay, upward, way] = [logBetween(random, 5, Math.max(6, length / 8)), between(random, 0.5, 1), sign(random)];
  const regular = chance(random, 0.4);
  let [level, next] = [0, 0];
  const values = Float64Array.from({ length }, (_, i) => {
    if (i >= next) {
      level += way * (chance(random, upward) ? 1 : -1) * (regular ? 1 : exponential(random));
      next = i + Math.max(1, regular ? stay : stay * exponential(random));
    }
    return level;
  });
  return { values };
}

/** One to three sines whose frequency and amplitude drift. */
function sines(random: Random, length: number): Draft {
  const values = new Float64Array(length);
  let season = 0;
  for (let k = whole(random, 1, 3); k > 0; k--) {
    const period = drawPeriod(random, length);
    season ||= period;
    const drift = chance(random, 0.5) ? logBetween(random, 0.002, 0.08) : 0;
    const path = slowPath(random, length, logBetween(random, 2 * period, length));
    const [weight, swell] = [logBetween(random, 0.2, 1), chance(random, 0.4) ? 0.4 : 0];
    let phase = random.uniform();
    for (let i = 0; i < length; i++) {
      phase += (1 + drift * path[i]) / period;
      values[i] += weight * Math.exp(swell * path[i]) * Math.sin(2 * Math.PI * phase);
    }
  }
  return { values, season: Math.max(2, Math.round(season)) };
}

const DRAWS = [
  { draw: square, weight: 2 },
  { draw: saw, weight: 2 },
  { draw: spikes, weight: 2 },
  { draw: telegraph, weight: 1.5 },
  { draw: staircase, weight: 1 },
  { draw: sines, weight: 3 },
] as const;

/** Draws a series. */
export function waves(random: Random, length: number): Draft {
  const { values, season } = pickWeighted(random, DRAWS).draw(random, length);
  standardized(values);
  if (chance(random, 0.3)) add(values, slowPath(random, length, length * logBetween(random, 0.1, 1)), random.uniform());
  if (chance(random, 0.3)) {
    // Noise whose neighbours are correlated.
    const walk = normals(random, length);
    add(
      values,
      mapped(walk, (value, i) => (i > 0 ? walk[i - 1] : 0) + value),
      0.3 / Math.sqrt(length),
    );
  }
  if (chance(random, 0.75)) add(values, noise(random, length), logBetween(random, 0.01, 0.5));
  return { values, season };
}
