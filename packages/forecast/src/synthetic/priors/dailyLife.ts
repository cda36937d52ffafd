/**
 * Daily and weekly rhythms of people: load, traffic, visits, calls.
 *
 *   yₜ = level(day) · (1 + amplitude(day) · profile of that kind of day (time of day)) + εₜ
 *
 * Working days, Saturdays, Sundays and holidays have different profiles. Each day has a level and an amplitude, which
 * are autocorrelated from day to day; the level changes over the year.
 */
import type { Random } from '@mamba-ts/core/random';
import { drawDayClock } from '../clock.ts';
import { beta, between, chance, logBetween, normals } from '../draw.ts';
import { whiteNoise } from '../noise.ts';
import { profile, readProfile } from '../season.ts';
import { trend } from '../trend.ts';
import { type Draft, mapped, persistent, standardized } from '../vector.ts';

/** How a day differs from the shared profile: `mix` of another shape, and a factor on its height. */
function dayKind(random: Random, common: Float64Array, difference: number) {
  const other = profile(random, common.length);
  const mix = Math.min(1, difference * random.uniform());
  return {
    table: standardized(Float64Array.from(common, (value, i) => (1 - mix) * value + mix * other[i])),
    level: 1 + difference * between(random, -0.6, 0.25),
    amplitude: 1 + difference * between(random, -0.7, 0.3),
  };
}

/** Draws a series. */
export function dailyLife(random: Random, length: number): Draft {
  const { day } = drawDayClock(random);
  const days = Math.ceil(length / day) + 2;
  const common = profile(random, day);
  const weekly = chance(random, 0.8) ? between(random, 0.1, 1.2) : 0;
  const work = dayKind(random, common, 0.1 * weekly);
  const sunday = dayKind(random, common, weekly);
  const saturday = chance(random, 0.5) ? sunday : dayKind(random, common, weekly);
  const workdays = Array.from({ length: 7 }, () => 1 + 0.08 * weekly * random.normal());
  // Holidays are like Sundays.
  const holidays = chance(random, 0.5) ? between(random, 0.005, 0.04) : 0;
  const [levels, amplitudes] = [normals(random, days), normals(random, days)];
  persistent(levels, beta(random, 4, 1.3));
  persistent(amplitudes, beta(random, 4, 1.3));
  const [levelSpread, amplitudeSpread] = [logBetween(random, 0.005, 0.2), logBetween(random, 0.01, 0.4)];
  const [yearPhase, yearSpread, twice] = [random.uniform(), between(random, 0, 0.3), between(random, -1, 1)];
  const drift = trend(random, days);
  const driftSpread = chance(random, 0.5) ? logBetween(random, 0.01, 0.4) : 0;
  const [depth, start, firstDay] = [logBetween(random, 0.05, 0.8), random.int(day), random.int(7)];

  const kinds = Array.from({ length: days }, (_, d) => {
    const weekday = (d + firstDay) % 7;
    const kind = weekday === 6 || chance(random, holidays) ? sunday : weekday === 5 ? saturday : work;
    const angle = 2 * Math.PI * (d / 365.25 + yearPhase);
    const year = yearSpread * (Math.cos(angle) + twice * Math.cos(2 * angle));
    return {
      table: kind.table,
      level: Math.exp(levelSpread * levels[d] + year + driftSpread * drift[d]) * kind.level * workdays[weekday],
      amplitude: depth * kind.amplitude * Math.exp(amplitudeSpread * amplitudes[d]),
    };
  });
  // A day changes into the next over its last part, `slide`.
  const slide = logBetween(random, 0.02, 0.5);
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const at = (i + start) / day;
    const d = Math.floor(at);
    const [a, b] = [kinds[d], kinds[d + 1]];
    const weight = Math.max(0, (at - d - 1 + slide) / slide);
    const today = a.level * (1 + a.amplitude * readProfile(a.table, at));
    values[i] = today + weight * (b.level * (1 + b.amplitude * readProfile(b.table, at)) - today);
  }
  const error = persistent(whiteNoise(random, length), beta(random, 2, 1.2));
  const [spread, isRelative] = [logBetween(random, 0.003, 0.15), chance(random, 0.6)];
  mapped(values, (value, i) => Math.max(0, value + spread * (isRelative ? Math.abs(value) : 1) * error[i]));
  return { values, season: day, support: 'nonnegative' };
}
