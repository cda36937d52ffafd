/**
 * The score that normal values exceed at a promised rate: conformal prediction (Vovk et al. 2005) over the last n
 * scores.
 *
 *   threshold(α) = the ⌈(n + 1)(1 − α)⌉th smallest of the last n scores
 *
 * If these and the next one are exchangeable, a normal value exceeds it with a probability of α at most, whatever the
 * forecaster's own quantiles are worth. Scores of flagged values count, too: without them the threshold would sink
 * with every false alarm. With fewer than 1/α − 1 scores no score is that rare: then the tail is continued as an
 * exponential one over the largest tenth of them (peaks over threshold, Pickands 1975), which is a guess, and
 * `extended` says so. Scores far beyond that tail are anomalies: they are left out, or a single one could set the
 * threshold.
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
  /** As they came, the oldest at `next` once there are `most`. */
  private readonly order: number[] = [];
  private next = 0;

  /** `most`: scores that are kept, the last ones. */
  constructor(private readonly most = Number.POSITIVE_INFINITY) {}

  get count(): number {
    return this.scores.length;
  }

  add(score: number): void {
    const { scores, order, most } = this;
    if (order.length < most) order.push(score);
    else {
      scores.splice(this.placeOf(order[this.next]), 1);
      order[this.next] = score;
      this.next = (this.next + 1) % most;
    }
    scores.splice(this.placeOf(score), 0, score);
  }

  /** The first score that is not below. */
  private placeOf(score: number): number {
    let [low, high] = [0, this.scores.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.scores[middle] < score) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Infinity while there are too few scores. */
  threshold(rate: number): Threshold {
    if (this.scores.length < LEAST_SCORES) return { value: Infinity, extended: false, leftOut: 0 };
    const { scores } = this;
    const n = normalCount(scores);
    const leftOut = scores.length - n;
    const rank = Math.ceil((n + 1) * (1 - rate) - 1e-9);
    if (rank <= n) return { value: scores[Math.max(0, rank - 1)], extended: false, leftOut };
    const { from, excess, part } = tailOf(scores, n);
    const value = from + excess * Math.log(part / rate);
    return { value: Math.max(value, scores[n - 1]), extended: true, leftOut };
  }
}

/** The largest tenth of the first n scores: where it begins, and the scale of the exponential tail with its median. */
function tailOf(scores: readonly number[], n: number): { from: number; excess: number; part: number } {
  const large = Math.max(FEWEST_LARGE, Math.ceil(LARGEST_PART * n));
  const from = scores[n - 1 - large];
  const middle = scores[n - 1 - (large >> 1)];
  return { from, excess: (middle - from) / Math.LN2, part: large / n };
}

/** Scores up to twice as far beyond the tail's beginning as one in 20 calibrations would have one by chance. */
function normalCount(scores: readonly number[]): number {
  let n = scores.length;
  const { from, excess, part } = tailOf(scores, n);
  const limit = from + 2 * excess * Math.log(20 * part * n);
  while (scores[n - 1] > limit) n--;
  return n;
}

/**
 * How many false alarms `judged` normal values give: their expected number, and about 95 % of what can be seen. The
 * rate behind a threshold of n scores is itself random, Beta((n + 1) α, (n + 1)(1 − α)): for one threshold the count is
 * beta-binomial, for one that moves along less spread.
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
