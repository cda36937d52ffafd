/**
 * The usual value of a phase of a season: the median of its last eight values.
 *
 *   median { y(i), y(i − s), y(i − 2s), … }, without missing values
 */

/** Known values of a phase that are looked at, and seasons in which they are looked for. */
const [VALUES, MAX_SEASONS] = [8, 32];
const sorted = new Float64Array(VALUES);

/**
 * The median of the values at `last`, `last` − `season`, …; NaN where fewer than `least` are known.
 */
export function phaseMedian(values: Float64Array, last: number, season: number, least = 1): number {
  let n = 0;
  for (let k = 0, t = last; k < MAX_SEASONS && n < VALUES && t >= 0; k++, t -= season) {
    const x = values[t];
    if (Number.isNaN(x)) continue;
    let i = n++;
    for (; i > 0 && sorted[i - 1] > x; i--) sorted[i] = sorted[i - 1];
    sorted[i] = x;
  }
  if (n < least || n === 0) return Number.NaN;
  return n % 2 === 1 ? sorted[n >> 1] : (sorted[n >> 1] + sorted[(n >> 1) - 1]) / 2;
}

/** Index of the last value of the phase of t among the first `end`; below 0 if there is none. */
export const lastOfPhase = (t: number, season: number, end: number): number =>
  t - season * Math.ceil((t - end + 1) / season);
