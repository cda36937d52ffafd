/**
 * The frequency of sorted, different times, by their differences.
 *
 *   the most common difference, if all are multiples of it; else their common divisor, if it leaves few gaps
 *   months: the same day of each (or its last), so that 28 to 31 days are one step
 */
import { DAY, gcd, HOUR } from '@mamba-ts/core/math';
import { type Frequency, frequencyOfLength } from './frequency.ts';
import { dayOfMonth, isMonthEnd, monthOf, timeOfDay, weekday } from './wallClock.ts';

export interface Detected {
  readonly frequency: Frequency;
  /** Months: the day of each; 31 is the last one. */
  readonly day?: number;
}

/** Why there is no frequency. */
export interface Irregular {
  /** The index of the time whose difference from the one before is uneven. */
  readonly irregularAt: number;
  /** The difference that most times have. */
  readonly usual: number;
}

/** The least part of the steps that must have a row, where no difference divides all others. */
const FILLED = 0.5;
/** The same for times of one time of day: they are days, however many are missing. */
const FILLED_DAYS = 0.1;

export function detectFrequency(times: Float64Array, isIndex: boolean): Detected | Irregular {
  const steps = differences(times);
  if (isIndex) return common(steps, times, FILLED, (every) => ({ unit: 'step', every }));
  const sameTime = times.every((time) => timeOfDay(time) === timeOfDay(times[0]));
  if (sameTime && steps.every((step) => step >= 28 * DAY)) {
    const months = monthly(times);
    if (months) return months;
  }
  const found = common(daysOf(steps), times, sameTime ? FILLED_DAYS : FILLED, frequencyOfLength);
  // One reading a month, on any day of it.
  if ('irregularAt' in found && steps.every((step) => step >= 20 * DAY)) return monthly(times, true) ?? found;
  if ('irregularAt' in found || found.frequency.unit !== 'day' || found.frequency.every !== 1) return found;
  return skipsWeekends(times, steps) ? { frequency: { unit: 'businessDay', every: 1 } } : found;
}

function differences(values: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, values.length - 1) }, (_, i) => values[i + 1] - values[i]);
}

/** Days between local midnights are an hour longer or shorter where the clock changes. */
function daysOf(steps: Float64Array): Float64Array {
  if (steps.some((step) => step < 23 * HOUR)) return steps;
  return steps.map((step) => {
    const days = Math.round(step / DAY) * DAY;
    return Math.abs(step - days) <= HOUR ? days : step;
  });
}

function common(
  steps: Float64Array,
  times: Float64Array,
  filled: number,
  frequency: (step: number) => Frequency,
): Detected | Irregular {
  const usual = mostCommon(steps);
  const irregularAt = steps.findIndex((step) => step % usual !== 0);
  if (irregularAt < 0) return { frequency: frequency(usual) };
  const divisor = steps.reduce(gcd);
  const range = times[times.length - 1] - times[0];
  if ((range / divisor + 1) * filled <= times.length) return { frequency: frequency(divisor) };
  return { irregularAt: irregularAt + 1, usual };
}

/** The most common difference; the smallest of several that are equally common. */
function mostCommon(steps: Float64Array): number {
  const counts = new Map<number, number>();
  for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1);
  let [best, most] = [1, 0];
  for (const [step, n] of counts) if (n > most || (n === most && step < best)) [best, most] = [step, n];
  return best;
}

/** Times that are months apart: on the same day, on the last one, or, if `anyDay`, on any day of each. */
function monthly(times: Float64Array, anyDay = false): Detected | undefined {
  const day = dayOfMonths(times);
  if (day === undefined && !anyDay) return undefined;
  const months = Float64Array.from(times, monthOf);
  const steps = differences(months);
  if (steps.includes(0)) return undefined;
  const found = common(steps, months, FILLED, (every) => ({ unit: 'month', every }));
  if ('irregularAt' in found) return undefined;
  return { ...found, day: day ?? 1 };
}

/** The day of the month of all times, 31 for the last one; 30 January, 28 February, 30 March are on the 30th. */
export function dayOfMonths(times: Float64Array): number | undefined {
  let latest = 1;
  for (const time of times) latest = Math.max(latest, dayOfMonth(time));
  if (!times.every((time) => dayOfMonth(time) === latest || isMonthEnd(time))) return undefined;
  return times.every(isMonthEnd) && times.some((time) => dayOfMonth(time) !== latest) ? 31 : latest;
}

function skipsWeekends(times: Float64Array, steps: Float64Array): boolean {
  return times.every((time) => weekday(time) < 5) && steps.some((step) => Math.round(step / DAY) === 3);
}
