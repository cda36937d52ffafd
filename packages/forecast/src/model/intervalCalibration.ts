/**
 * What the network said of values that have come since: how wide its intervals should have been, for this series.
 *
 *   r = |y − median| / (bound − median), of the 80 % interval's bound on y's side
 *   width = 1.06 (the 80 % quantile of r)^(n / (n + 128)), of the last n ≤ 256 values; the power within 0.6 … 1.6
 *
 * An interval that was right 80 times in 100 is kept, but for the 1.06: of held-out synthetic series it takes that
 * for intervals of 80 % to hold 80 %. Conformal prediction does the same with a set of its own
 * (Papadopoulos et al. 2002); here a few values say little, so the exponent draws the width to 1.
 */
import { GRID } from '../quantiles.ts';
import { PATCH } from './window.ts';

const [LOW, MEDIAN, HIGH] = [0.1, 0.5, 0.9].map((level) => GRID.indexOf(level));
const INSIDE = 0.8;
const VALUES = 256;
/** Steps whose words are kept: the last may have met no value yet. */
export const KEPT = VALUES / PATCH + 1;
const SHRINK = 128;
const [NARROWEST, WIDEST] = [0.6, 1.6];
const ALWAYS = 1.06;
/** Fewer values than these say nothing; nor do the first steps, which have read next to nothing. */
const LEAST = 8;
const FIRST_END = 3 * PATCH;

interface Said {
  /** The step's end: it spoke of the PATCH values from here on. */
  end: number;
  low: Float64Array;
  median: Float64Array;
  high: Float64Array;
}

export class Hindsight {
  private readonly said: Said[] = [];

  /** `quantileOf(level, i)`: a quantile, by its place in GRID, of value i behind `end`. */
  add(end: number, quantileOf: (level: number, i: number) => number): void {
    if (end < FIRST_END) return;
    const all = (level: number) => Float64Array.from({ length: PATCH }, (_, i) => quantileOf(level, i));
    this.said.push({ end, low: all(LOW), median: all(MEDIAN), high: all(HIGH) });
    if (this.said.length > KEPT) this.said.shift();
  }

  /** By what the distances of quantiles from the median are to be multiplied; `window`: all values so far. */
  width(window: Float64Array): number {
    const ratios: number[] = [];
    for (const { end, low, median, high } of this.said.toReversed()) {
      for (let i = Math.min(PATCH, window.length - end) - 1; i >= 0 && ratios.length < VALUES; i--) {
        const error = window[end + i] - median[i];
        if (Number.isNaN(error)) continue;
        const room = error > 0 ? high[i] - median[i] : median[i] - low[i];
        ratios.push(room > 0 ? Math.abs(error) / room : 1);
      }
    }
    const n = ratios.length;
    if (n < LEAST) return ALWAYS;
    ratios.sort((a, b) => a - b);
    const width = ratios[Math.floor(INSIDE * n)] ** (n / (n + SHRINK));
    return ALWAYS * Math.min(WIDEST, Math.max(NARROWEST, width));
  }
}
