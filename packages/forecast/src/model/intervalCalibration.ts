/**
 * Calibration of intervals: how wide the earlier intervals of this series should have been, given the values that
 * have come since.
 *
 *   r = |y − median| / |bound − median|, where bound is the end of the 80 % interval on y's side
 *   width = 1.06 · clamp((80 % quantile of r)^(n / (n + 128)), 0.6, 1.6), over the last n ≤ 256 values
 *
 * Intervals that covered 80 % of the values keep their width, apart from the factor 1.06, with which the 80 %
 * intervals of held-out synthetic series cover 80 %. Inductive conformal prediction does the same with a separate
 * calibration set (Papadopoulos et al. 2002); here the sample is small, so the exponent shrinks the width towards 1.
 */
import { GRID } from '../quantiles.ts';
import { PATCH } from './window.ts';

const [LOW, MEDIAN, HIGH] = [0.1, 0.5, 0.9].map((probability) => GRID.indexOf(probability));
const COVERAGE = 0.8;
/** Values that are compared with their intervals. */
const MAX_VALUES = 256;
/** Steps whose forecasts are kept; the values of the last one may not have come yet. */
export const CALIBRATION_STEPS = MAX_VALUES / PATCH + 1;
const SHRINKAGE_VALUES = 128;
const [MIN_WIDTH, MAX_WIDTH] = [0.6, 1.6];
const BASE_WIDTH = 1.06;
/** With fewer values there is no calibration. */
const MIN_VALUES = 8;
/** The first steps have read too little for their intervals to count. */
const FIRST_END = 3 * PATCH;

/** The 80 % interval and the median of one step. */
interface StepInterval {
  /** Values before the step's patch: it forecasts the PATCH values from this index on. */
  end: number;
  low: Float64Array;
  median: Float64Array;
  high: Float64Array;
}

/** The calibration of one series: it records forecasts, and compares them with the values that came. */
export class IntervalCalibration {
  private readonly intervals: StepInterval[] = [];

  /** Records the forecast of a step: `quantileOf(level, i)` is the quantile GRID[level] of the value at `end + i`. */
  add(end: number, quantileOf: (level: number, i: number) => number): void {
    if (end < FIRST_END) return;
    const patchOf = (level: number) => {
      const patch = new Float64Array(PATCH);
      for (let i = 0; i < PATCH; i++) patch[i] = quantileOf(level, i);
      return patch;
    };
    this.intervals.push({ end, low: patchOf(LOW), median: patchOf(MEDIAN), high: patchOf(HIGH) });
    if (this.intervals.length > CALIBRATION_STEPS) this.intervals.shift();
  }

  /** The factor by which distances from the median are to be multiplied. `window`: all values so far. */
  width(window: Float64Array): number {
    const ratios = new Float64Array(MAX_VALUES);
    let n = 0;
    for (const { end, low, median, high } of this.intervals.toReversed()) {
      for (let i = Math.min(PATCH, window.length - end) - 1; i >= 0 && n < MAX_VALUES; i--) {
        const error = window[end + i] - median[i];
        if (Number.isNaN(error)) continue;
        const halfWidth = error > 0 ? high[i] - median[i] : median[i] - low[i];
        ratios[n++] = halfWidth > 0 ? Math.abs(error) / halfWidth : 1;
      }
    }
    if (n < MIN_VALUES) return BASE_WIDTH;
    const width = ratios.subarray(0, n).sort()[Math.floor(COVERAGE * n)] ** (n / (n + SHRINKAGE_VALUES));
    return BASE_WIDTH * Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width));
  }
}
