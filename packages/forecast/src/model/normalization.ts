/**
 * How large, how seasonal and how rough a series is: measured at a rung of the ladder, and kept until the next.
 *
 *   location = median x        scale = mean |x − location|, outliers drawn in
 *   error(k) = mean |xₜ − xₜ₋ₖ|: what repeating the value of k steps ago costs
 *
 * error() at the lag of a seasonal naive forecast is the unit in which the model reads residuals and gives its
 * answers: a loss in it is the mean absolute scaled error (Hyndman & Koehler 2006), at every horizon about 1.
 */
import { withoutGaps } from '../gaps.ts';
import { type Seasons, type SeasonsGiven, seasonsIn } from './seasons.ts';

/** Below this part of the scale, errors are taken to be so large: what repeats exactly has some unit, too. */
const LEAST_ERROR = 0.01;

export class Measures {
  readonly location: number;
  /** 0 where all values that were seen are one. */
  readonly scale: number;
  readonly seasons: Seasons;
  /** Values that were seen: not missing. */
  readonly seen: number;
  readonly least: number;
  /** Part of the values that is 0. */
  readonly zeros: number;
  private readonly errors = new Map<number, number>();

  /** `values`: NaN where missing. */
  constructor(
    private readonly values: Float64Array,
    season?: SeasonsGiven,
  ) {
    const seen = values.filter((x) => !Number.isNaN(x)).sort();
    this.seen = seen.length;
    this.least = seen.length > 0 ? seen[0] : 0;
    this.location = seen.length > 0 ? middleOf(seen) : 0;
    this.zeros = seen.length > 0 ? seen.reduce((count, x) => count + Number(x === 0), 0) / seen.length : 0;
    this.scale = deviation(seen, this.location);
    this.seasons = this.scale > 0 ? seasonsIn(withoutGaps(values), season) : { first: 1, second: 0, depth: 0 };
  }

  /** Of repeating the value `lag` steps ago. Beyond half of what was seen it grows as a random walk does. */
  error(lag: number): number {
    let error = this.errors.get(lag);
    if (error === undefined) {
      error = this.measure(lag);
      this.errors.set(lag, error);
    }
    return error;
  }

  /** Steps back to the value that a seasonal naive forecast repeats, `ahead` steps ahead of the last one. */
  lagAt(ahead: number): number {
    const { first } = this.seasons;
    return first * Math.max(1, Math.ceil(ahead / first));
  }

  private measure(lag: number): number {
    const { values, scale, seasons } = this;
    const n = values.length;
    const most = Math.max(1, Math.floor(n / 2));
    if (lag > most) {
      const { first } = seasons;
      const within = first <= most ? first * Math.floor(most / first) : 0;
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
    return Math.max(error, LEAST_ERROR * scale);
  }
}

const middleOf = (sorted: Float64Array): number => (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

/** Mean distance from the location, each at most ten times the median one. */
function deviation(seen: Float64Array, location: number): number {
  if (seen.length === 0) return 0;
  const distances = seen.map((x) => Math.abs(x - location)).sort();
  const median = middleOf(distances);
  const bound = median > 0 ? 10 * median : Infinity;
  return distances.reduce((sum, d) => sum + Math.min(d, bound), 0) / distances.length;
}
