/**
 * The threshold that scores of normal values exceed at a given rate: conformal prediction (Vovk et al. 2005) on the last
 * n scores.
 *
 *   threshold(α) = the ⌈(n + 1)(1 − α)⌉th smallest of the last n scores
 *
 * If these scores and the next one are exchangeable, a normal value exceeds the threshold with a probability of at most
 * α, even if the quantiles of the forecaster are wrong. Scores of flagged values count as well: without them the
 * threshold would fall with every false alarm. Fewer than 1/α − 1 scores contain none that is rare enough. Then an
 * exponential tail is fitted to the largest tenth of them (peaks over threshold, Pickands 1975); this is a guess, and
 * `extended` is true. Scores far beyond that tail are anomalies. They are left out, so that one of them cannot set the
 * threshold.
 */

/** The score above which a value is flagged. */
export interface Threshold {
  value: number;
  /** Whether it is extrapolated, because there are too few scores for the rate. */
  extended: boolean;
  /** Scores that were left out as anomalies. */
  leftOut: number;
}

/** With fewer scores there is no threshold. */
export const MIN_SCORES = 20;
/** The share of scores that the tail is fitted to, and their smallest number. */
const TAIL_PART = 0.1;
const MIN_TAIL = 5;

/** The last scores, sorted. */
export class Calibration {
  /** Sorted, the smallest first. */
  private readonly scores: number[] = [];
  /** In the order of arrival; the oldest is at `next` once there are `most`. */
  private readonly order: number[] = [];
  private next = 0;

  /** `most`: the number of scores that are kept. Default: all. */
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

  /** The place of the first score that is not smaller. */
  private placeOf(score: number): number {
    let [low, high] = [0, this.scores.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.scores[middle] < score) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The threshold for a rate of false alarms. Infinity while there are too few scores. */
  threshold(rate: number): Threshold {
    if (this.scores.length < MIN_SCORES) return { value: Infinity, extended: false, leftOut: 0 };
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

/** The tail of the first n scores: its begin, and the scale of the exponential distribution with its median. */
function tailOf(scores: readonly number[], n: number): { from: number; excess: number; part: number } {
  const large = Math.max(MIN_TAIL, Math.ceil(TAIL_PART * n));
  const from = scores[n - 1 - large];
  const middle = scores[n - 1 - (large >> 1)];
  return { from, excess: (middle - from) / Math.LN2, part: large / n };
}

/** The number of scores that are not anomalies: at most twice as far in the tail as one in 20 calibrations has by chance. */
function normalCount(scores: readonly number[]): number {
  let n = scores.length;
  const { from, excess, part } = tailOf(scores, n);
  const limit = from + 2 * excess * Math.log(20 * part * n);
  while (scores[n - 1] > limit) n--;
  return n;
}

/**
 * The number of false alarms among `judged` normal values: its expectation, and a range that holds about 95 % of the
 * time. The rate of a threshold from n scores is itself random, Beta((n + 1) α, (n + 1)(1 − α)), so the count for one
 * threshold is beta-binomial; for a moving threshold it varies less.
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
