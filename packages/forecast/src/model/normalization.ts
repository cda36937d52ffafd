/**
 * Normalization of a series: level, scale, seasons and roughness, measured at a re-normalisation point and used
 * until the next.
 *
 *   location = median x        scale = mean min(|x − location|, 10 · median |x − location|)
 *   error(k) = mean |xₜ − xₜ₋ₖ|, the mean error of repeating the value of k steps ago
 *
 * The unit in which the model reads residuals and gives its forecasts is error() at the lag of a seasonal naive
 * forecast. A loss in this unit is the mean absolute scaled error (Hyndman & Koehler 2006), about 1 at every horizon.
 */
import { medianOfSorted } from '@mamba-ts/core/math';
import { withoutGaps } from '../gaps.ts';
import type { SeasonHint } from '../seasons.ts';
import { findSeasons, NO_SEASONS, type Seasons } from './seasons.ts';

/** error() is at least this part of the scale: series that repeat exactly need a unit, too. */
const MIN_ERROR = 0.01;

/** The normalization of a series, computed once. */
export class Normalization {
  /** The median. */
  readonly location: number;
  /** 0 where all values are equal. */
  readonly scale: number;
  readonly seasons: Seasons;
  readonly minimum: number;
  /** Part of the values that is 0. */
  readonly zeros: number;
  private readonly errors = new Map<number, number>();

  /** `values`: NaN where missing. `season`: a hint, or the seasons if they were found before. */
  constructor(
    private readonly values: Float64Array,
    season?: SeasonHint | Seasons | readonly number[],
  ) {
    const sorted = knownOf(values).sort();
    const isEmpty = sorted.length === 0;
    this.minimum = isEmpty ? 0 : sorted[0];
    this.location = isEmpty ? 0 : medianOfSorted(sorted);
    this.zeros = isEmpty ? 0 : countOf(sorted, 0) / sorted.length;
    this.scale = deviation(sorted, this.location);
    if (this.scale === 0) this.seasons = NO_SEASONS;
    else this.seasons = season && 'first' in season ? season : findSeasons(withoutGaps(values), season);
  }

  /** Mean error of repeating the value `lag` steps ago. Beyond half of the length it grows as in a random walk. */
  error(lag: number): number {
    let error = this.errors.get(lag);
    if (error === undefined) {
      error = this.measure(lag);
      this.errors.set(lag, error);
    }
    return error;
  }

  /** The lag of a seasonal naive forecast `ahead` steps ahead of the last value. */
  lagAt(ahead: number): number {
    const { first } = this.seasons;
    return first * Math.max(1, Math.ceil(ahead / first));
  }

  private measure(lag: number): number {
    const { values, scale, seasons } = this;
    const n = values.length;
    const longest = Math.max(1, Math.floor(n / 2));
    if (lag > longest) {
      const { first } = seasons;
      const within = first <= longest ? first * Math.floor(longest / first) : 0;
      return within > 0 ? this.error(within) * Math.sqrt(lag / within) : scale;
    }
    let [sum, pairs] = [0, 0];
    for (let t = lag; t < n; t++) {
      const difference = Math.abs(values[t] - values[t - lag]);
      if (Number.isNaN(difference)) continue;
      sum += difference;
      pairs++;
    }
    const error = pairs >= 3 ? sum / pairs : scale;
    return Math.max(error, MIN_ERROR * scale);
  }
}

/** The values that are not missing. */
function knownOf(values: Float64Array): Float64Array {
  const known = new Float64Array(values.length);
  let n = 0;
  for (const x of values) if (!Number.isNaN(x)) known[n++] = x;
  return known.subarray(0, n);
}

function countOf(values: Float64Array, value: number): number {
  let count = 0;
  for (const x of values) if (x === value) count++;
  return count;
}

/** Mean distance from the location; each distance counts as at most ten times the median distance. */
function deviation(values: Float64Array, location: number): number {
  const n = values.length;
  if (n === 0) return 0;
  const distances = new Float64Array(n);
  for (let i = 0; i < n; i++) distances[i] = Math.abs(values[i] - location);
  return clampedMean(distances.sort());
}

/** The mean of distances that rise; each counts as at most ten times their median. */
export function clampedMean(distances: Float64Array): number {
  const median = medianOfSorted(distances);
  const bound = median > 0 ? 10 * median : Infinity;
  let sum = 0;
  for (const distance of distances) sum += Math.min(distance, bound);
  return sum / distances.length;
}
