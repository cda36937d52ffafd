/**
 * Outliers of a season: values far from the usual one of their phase, such as those of a day on which all was shut.
 *
 *   dₜ = yₜ − phaseMedian(t)        outlier: |dₜ| > 10 · max(median |d|, mean |d|)
 *
 * They are read as missing: a forecast would repeat them one season later. Where there are two seasons, a value has to
 * be far from the usual one of both. A run of outliers that lasts for half a season is a new level, which is read.
 */
import { medianOfSorted } from '@mamba-ts/core/math';
import { clampedMean } from './normalization.ts';
import { phaseMedian } from './phaseMedian.ts';
import type { Seasons } from './seasons.ts';

/** Distance from the usual value, in usual distances. */
const OUTLIER_DISTANCE = 10;
/** Known values of a phase that are needed to judge another, and judged values that are needed for a usual distance. */
const [MIN_KNOWN, MIN_JUDGED] = [4, 8];
/** If more of the values are far from the usual ones, there is no usual one. */
const MAX_PART = 0.05;

/** Judges the values of one series. */
export class SeasonalOutliers {
  /** Season and distance from which on a value is an outlier. */
  private readonly limits: { season: number; limit: number }[] = [];
  private readonly longestRun: number;
  /** Whether there are outliers up to the re-normalisation point. */
  readonly hasSome: boolean;
  private run = 0;

  /** `values`: those up to the re-normalisation point. */
  constructor(values: Float64Array, { first, second }: Seasons) {
    this.longestRun = Math.ceil(first / 2);
    for (const season of second > 0 ? [first, second] : [first]) {
      const limit = season > 1 ? limitOf(values, season) : undefined;
      if (limit !== undefined) this.limits.push({ season, limit });
    }
    let count = 0;
    for (let t = 0; t < values.length; t++) if (this.judge(values, t)) count++;
    if (count > MAX_PART * values.length) this.limits.length = 0;
    this.hasSome = count > 0 && this.limits.length > 0;
    this.run = 0;
  }

  /** Judges the value at t; called for each value in turn. */
  judge(values: Float64Array, t: number): boolean {
    this.run = this.isFar(values, t) ? this.run + 1 : 0;
    return this.run > 0 && this.run <= this.longestRun;
  }

  private isFar(values: Float64Array, t: number): boolean {
    let isFar = false;
    for (const { season, limit } of this.limits) {
      const distance = Math.abs(values[t] - phaseMedian(values, t - season, season, MIN_KNOWN));
      if (distance <= limit) return false;
      if (distance > limit) isFar = true;
    }
    return isFar;
  }
}

function limitOf(values: Float64Array, season: number): number | undefined {
  const all = new Float64Array(values.length);
  let n = 0;
  for (let t = season; t < values.length; t++) {
    const distance = Math.abs(values[t] - phaseMedian(values, t - season, season, MIN_KNOWN));
    if (!Number.isNaN(distance)) all[n++] = distance;
  }
  if (n < MIN_JUDGED) return undefined;
  const distances = all.subarray(0, n).sort();
  return OUTLIER_DISTANCE * Math.max(medianOfSorted(distances), clampedMean(distances));
}
