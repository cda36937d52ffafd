/**
 * The score that normal values exceed at a promised rate: split conformal prediction (Vovk et al. 2005).
 *
 *   threshold(α) = the ⌈(n + 1)(1 − α)⌉th smallest of n scores
 *
 * If the scores of the calibration and those to come are exchangeable, a normal value exceeds it with a probability
 * of α at most, whatever the forecaster's own quantiles are worth. With fewer than 1/α − 1 scores no score is that
 * rare: then the tail is continued as an exponential one over the largest tenth of them (peaks over threshold,
 * Pickands 1975), which is a guess, and `extended` says so. Scores far beyond that tail are anomalies of the
 * calibration itself: they are left out, or a single one could set the threshold.
 */

export interface Threshold {
  value: number;
  /** Whether it lies beyond what the calibration can say by itself. */
  extended: boolean;
  /** Scores that were taken for anomalies themselves. */
  leftOut: number;
}

/** Scores below which nothing is said. */
export const LEAST_SCORES = 20;
const LARGEST_PART = 0.1;
const FEWEST_LARGE = 5;

export class Calibration {
  /** Rising. */
  private readonly scores: number[] = [];

  get count(): number {
    return this.scores.length;
  }

  add(score: number): void {
    const { scores } = this;
    let [low, high] = [0, scores.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scores[middle] < score) low = middle + 1;
      else high = middle;
    }
    scores.splice(low, 0, score);
  }

  /** Infinity while there are too few scores. */
  threshold(rate: number): Threshold {
    if (this.scores.length < LEAST_SCORES) return { value: Infinity, extended: false, leftOut: 0 };
    const normal = withoutAnomalies(this.scores);
    const n = normal.length;
    const leftOut = this.scores.length - n;
    const rank = Math.ceil((n + 1) * (1 - rate) - 1e-9);
    if (rank <= n) return { value: normal[Math.max(0, rank - 1)], extended: false, leftOut };
    const { from, excess, part } = tailOf(normal);
    const value = from + excess * Math.log(part / rate);
    return { value: Math.max(value, normal[n - 1]), extended: true, leftOut };
  }
}

/** The largest tenth of rising scores: where it begins, and the scale of the exponential tail with the same median. */
function tailOf(scores: readonly number[]): { from: number; excess: number; part: number } {
  const n = scores.length;
  const large = Math.max(FEWEST_LARGE, Math.ceil(LARGEST_PART * n));
  const from = scores[n - 1 - large];
  const middle = scores[n - 1 - (large >> 1)];
  return { from, excess: (middle - from) / Math.LN2, part: large / n };
}

/** Scores up to twice as far beyond the tail's beginning as one in 20 calibrations would have one by chance. */
function withoutAnomalies(scores: readonly number[]): readonly number[] {
  const { from, excess, part } = tailOf(scores);
  const limit = from + 2 * excess * Math.log(20 * part * scores.length);
  let n = scores.length;
  while (scores[n - 1] > limit) n--;
  return scores.slice(0, n);
}

/**
 * How many false alarms `judged` normal values give: their expected number, and about 95 % of what can be seen. The
 * rate behind a threshold of n scores is itself random, Beta((n + 1) α, (n + 1)(1 − α)), so the count is beta-binomial.
 */
export function expectedAlarms(
  judged: number,
  rate: number,
  scores: number,
): { mean: number; range: [number, number] } {
  const mean = judged * rate;
  const variance = mean * (1 - rate) * ((scores + 1 + judged) / (scores + 2));
  const two = 2 * Math.sqrt(variance);
  return { mean, range: [Math.max(0, Math.floor(mean - two)), Math.min(judged, Math.ceil(mean + two))] };
}
