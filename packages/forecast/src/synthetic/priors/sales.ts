/**
 * Sales and other business data: weekdays, holidays, month ends, promotions, growth.
 *
 *   log yₜ = trend + weekday + year + Σ effects of dates + memory + noise
 *
 * Days, working days, weeks and months come from one calendar, so that months differ in their number of working days.
 */
import type { Random } from '@mamba-ts/core/random';
import { YEAR } from '../clock.ts';
import { beta, between, chance, exponential, logBetween, normals, pick, whole } from '../draw.ts';
import { whiteNoise } from '../noise.ts';
import { profile, readProfile } from '../season.ts';
import { trend } from '../trend.ts';
import { type Draft, mapped, persistent, standardized } from '../vector.ts';

/** The log effect of each date of a year: a rise before a holiday, and the holiday itself. */
function holidays(random: Random): Float64Array {
  const effects = new Float64Array(366);
  for (let k = whole(random, 1, 10); k > 0; k--) {
    const [date, before, after] = [random.int(366), random.int(21), random.int(4)];
    const [rise, itself] = [between(random, -0.3, 1), chance(random, 0.5) ? between(random, -2, 1.5) : undefined];
    for (let d = -before; d <= after; d++) {
      effects[(date + d + 366) % 366] +=
        d === 0 && itself !== undefined ? itself : (rise * (before + d)) / (before + 1);
    }
  }
  return effects;
}

/** The log of sales on each of `days` days. */
function daily(random: Random, days: number): Float64Array {
  const drift = trend(random, days);
  const [growth, weekdays] = [logBetween(random, 0.03, 0.8), profile(random, 7)];
  const [weekly, yearly] = [logBetween(random, 0.02, 0.8), logBetween(random, 0.02, 0.7)];
  const [year, dates] = [profile(random, whole(random, 4, 26)), holidays(random)];
  const [monthEnd, payday] = [chance(random, 0.4) ? between(random, -0.2, 0.8) : 0, between(random, 0, 1)];
  const [memorySize, error] = [logBetween(random, 0.01, 0.3), whiteNoise(random, days)];
  const slow = persistent(normals(random, days), beta(random, 12, 1));
  const spread = logBetween(random, 0.01, 0.35);
  const promotion = chance(random, 0.4) ? logBetween(random, 0.005, 0.05) : 0;
  const [lift, first] = [between(random, 0.2, 1.2), random.int(366)];
  let left = 0;
  return mapped(new Float64Array(days), (_, d) => {
    if (left > 0) left--;
    else if (promotion > 0 && chance(random, promotion)) left = whole(random, 2, 14);
    const date = Math.floor((d + first) % YEAR);
    const month = ((d + first) % (YEAR / 12)) / (YEAR / 12);
    const value = growth * drift[d] + weekly * weekdays[d % 7] + yearly * readProfile(year, (d + first) / YEAR);
    const effects = dates[date] + monthEnd * Math.exp(-20 * Math.abs(month - payday)) + (left > 0 ? lift : 0);
    return value + effects + memorySize * slow[d] + spread * error[d];
  });
}

/** The longest series of months, in days: 40 years. */
const MONTHS = 480;

/** Draws a series. */
export function sales(random: Random, length: number): Draft {
  const drawn = pick(random, ['day', 'day', 'working day', 'week', 'week', 'month', 'month'] as const);
  const step = drawn === 'month' && length > MONTHS ? 'day' : drawn;
  if (step === 'day' || step === 'working day') {
    const isOpen = step === 'day' ? () => true : (d: number) => d % 7 < 5;
    const days = step === 'day' ? length : Math.ceil((length * 7) / 5) + 7;
    const values = daily(random, days)
      .filter((_, d) => isOpen(d))
      .slice(0, length);
    const closed = step === 'day' && chance(random, 0.1) ? random.int(7) : -1;
    mapped(values, (value, d) => (d % 7 === closed ? 0 : Math.exp(value)));
    return { values, season: step === 'day' ? 7 : 5, support: 'nonnegative' };
  }
  // Weeks and months are sums of days.
  const size = step === 'week' ? 7 : YEAR / 12;
  const days = Math.ceil((length + 1) * size);
  const sums = new Float64Array(length);
  const values = daily(random, days);
  for (let d = 0; d < days; d++) {
    const k = Math.floor(d / size);
    if (k < length) sums[k] += Math.exp(values[d]);
  }
  const spread = logBetween(random, 0.005, 0.1);
  const noise = standardized(Float64Array.from({ length }, () => random.normal() * Math.sqrt(exponential(random))));
  mapped(sums, (value, i) => value * Math.max(0.1, 1 + spread * noise[i]));
  return { values: sums, season: step === 'week' ? 52 : 12, support: 'nonnegative' };
}
