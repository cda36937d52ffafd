/**
 * The seasons of a series, found in its variogram (Matheron 1963), the mean squared difference at each lag s:
 *
 *   V(s) = mean (yₜ − yₜ₋ₛ)²        depth(s) = 1 − V(s) / ½ (V(s/2) + V(3s/2))
 *
 * A season is a dip: V(s) is below V half a season to either side. Trends and random walks have no dips, because
 * their V rises steadily. All lags come from one autocorrelation, computed by FFT.
 */

import { fft } from '@mamba-ts/core/math';
import { type SeasonHint, UNKNOWN_SEASONS } from '../seasons.ts';

/** Up to two seasons. */
export interface Seasons {
  /** Steps of the main season; 1: none. */
  first: number;
  /** Steps of a second season; 0: none. */
  second: number;
  /** Depth of the first, 0 where there is none. */
  depth: number;
}

/** There is no season. */
export const NO_SEASONS: Seasons = { first: 1, second: 0, depth: 0 };

/**
 * The seasons of a series without gaps. If the hint is a single season, a longer second one is looked for. A plain
 * list, of training data, is the main season and a second one, in this order; [1]: there is none.
 */
export function findSeasons(y: Float64Array, hint: SeasonHint | readonly number[] = UNKNOWN_SEASONS): Seasons {
  const series = new Variogram(y);
  if (!('known' in hint) && !('likely' in hint)) return withSecond(series, hint);
  if ('known' in hint) {
    return hint.known.length === 0 ? NO_SEASONS : mainFirst(series, withSecond(series, inPhase(hint.known)));
  }
  const shown = inPhase(shownIn(series, hint.likely));
  return shown.length > 0 ? mainFirst(series, withSecond(series, shown)) : foundIn(series);
}

/** A longer season of at least this number of shorter ones is a whole number of them. */
const WHOLE_FROM = 4;

/** A year of days is 364 days where weeks are known: 365 days ago was another weekday. */
function inPhase(seasons: readonly number[]): readonly number[] {
  const [shortest, ...longer] = seasons;
  return [
    shortest,
    ...longer.map((s) => (s >= WHOLE_FROM * shortest ? shortest * Math.round(s / shortest) : s)),
  ].filter((s) => s !== undefined);
}

/** A dip is a season from this depth on; more is needed where few values or few seasons were seen. */
const MIN_DEPTH = { base: 0.05, byValues: 2.5, bySeasons: 0.7 };
/** A longer season is a second one if V there is below this part of V at the shorter, and the main one below that. */
const [SECOND_BELOW, MAIN_BELOW] = [0.9, 0.5];
/** Changes of noise are correlated at lag 1, half of a season of 2. */
const SHORTEST_OF_CHANGES = 4;
/** Shorter series have no seasons. */
const MIN_VALUES = 8;

/** The variogram of a series, computed when it is first needed. */
class Variogram {
  readonly n: number;
  private table?: Float64Array;
  private tableOfChanges?: Float64Array;

  constructor(private readonly y: Float64Array) {
    this.n = y.length;
  }

  /** V of the changes from value to value: without what is slow, such as trends that bend and cycles. */
  get ofChanges(): Float64Array {
    this.tableOfChanges ??= variogram(detrended(changes(this.y)));
    return this.tableOfChanges;
  }

  get V(): Float64Array {
    this.table ??= variogram(detrended(this.y));
    return this.table;
  }
}

/** The seasons, swapped where the second explains much more: a known day may hide a stronger week. */
function mainFirst(series: Variogram, seasons: Seasons): Seasons {
  const { first, second } = seasons;
  if (second === 0 || series.n < 2 * second) return seasons;
  const { V } = series;
  if (!(V[second] < MAIN_BELOW * V[first])) return seasons;
  return { first: second, second: first, depth: depthOf(V, second) };
}

/** The known seasons; if there is only one, a second is looked for. */
function withSecond(series: Variogram, [known, knownSecond]: readonly number[]): Seasons {
  const { n } = series;
  if (known === undefined) return foundIn(series);
  if (known === 1) return NO_SEASONS;
  if (n < MIN_VALUES) return { first: known, second: knownSecond ?? 0, depth: 0 };
  const { V } = series;
  const depth = known < V.length ? depthOf(V, known) : 0;
  return { first: known, second: knownSecond ?? longerThan(known, V, dips(V, n)), depth };
}

/** The seasons that the values alone show. */
function foundIn(series: Variogram): Seasons {
  const { n } = series;
  if (n < MIN_VALUES) return NO_SEASONS;
  let { V } = series;
  let lags = dips(V, n);
  if (lags.length === 0) {
    V = series.ofChanges;
    lags = dips(V, n, SHORTEST_OF_CHANGES);
  }
  if (lags.length === 0) return NO_SEASONS;
  const [shortest] = lags;
  let first = shortest;
  for (const s of lags) if (V[s] < MAIN_BELOW * V[first]) first = s;
  const second = longerThan(first, V, lags) || (first > shortest ? shortest : 0);
  return { first, second, depth: depthOf(V, first) };
}

/** The likely seasons that the values show: half of the usual depth is enough. */
function shownIn(series: Variogram, likely: readonly number[]): number[] {
  const { n } = series;
  const possible = likely.filter((s) => s > 1 && 2 * s <= n);
  if (n < MIN_VALUES || possible.length === 0) return [];
  const { V } = series;
  return possible.filter((s) => depthOf(V, s) >= minDepth(n, s) / 2);
}

/** The lag beyond `first` that explains most, where each explains more than the one before; 0: none. */
function longerThan(first: number, V: Float64Array, lags: readonly number[]): number {
  let best = 0;
  let value = first < V.length ? V[first] : Infinity;
  for (const s of lags) {
    if (s < 1.5 * first || !(V[s] < SECOND_BELOW * value)) continue;
    best = s;
    value = V[s];
  }
  return best;
}

/** Lags of local minima of V that are deep enough, rising. At least two whole seasons must have been seen. */
function dips(V: Float64Array, n: number, shortest = 2): number[] {
  const lags: number[] = [];
  const last = Math.min(V.length - 2, Math.floor(n / 2));
  for (let s = shortest; s <= last; s++) {
    if (V[s] > V[s - 1] || V[s] > V[s + 1]) continue;
    if (depthOf(V, s) < minDepth(n, s)) continue;
    const refined = refine(V, s);
    if (!lags.includes(refined)) lags.push(refined);
  }
  return lags.sort((a, b) => a - b);
}

/** Seasons that a refined lag is compared over. */
const REFINED_SEASONS = 4;

/**
 * The season near a dip. A slope of V moves its minimum to one side, so the slope is taken out, and the minima at
 * several seasons are compared:
 *
 *   s ← argmin Σₖ V(k s′) − slopeₖ · k (s′ − s)     over s ± s/8,     slopeₖ = (V((k + ½) s) − V((k − ½) s)) / s
 */
function refine(V: Float64Array, s: number): number {
  const last = V.length - 1;
  const reach = Math.max(1, Math.floor(s / 8));
  let [best, least] = [s, Infinity];
  for (let at = Math.max(2, s - reach); at <= s + reach; at++) {
    let [sum, count] = [0, 0];
    for (let k = 1; k <= REFINED_SEASONS && k * (s + reach) <= last; k++) {
      if (k > 1 && Math.floor((k + 0.5) * s) > last) break;
      const [low, high] = [Math.floor((k - 0.5) * s), Math.min(last, Math.floor((k + 0.5) * s))];
      sum += V[k * at] - ((V[high] - V[low]) / (high - low)) * k * (at - s);
      count++;
    }
    if (count > 0 && sum < least) [best, least] = [at, sum];
  }
  return best;
}

const minDepth = (n: number, s: number) =>
  MIN_DEPTH.base + MIN_DEPTH.byValues / Math.sqrt(n - s) + MIN_DEPTH.bySeasons * Math.sqrt(s / n);

function depthOf(V: Float64Array, s: number): number {
  const at = (lag: number) => {
    const low = Math.min(V.length - 1, Math.floor(lag));
    const high = Math.min(V.length - 1, Math.ceil(lag));
    return (V[low] + V[high]) / 2;
  };
  const around = (at(s / 2) + at(1.5 * s)) / 2;
  return around > 0 ? 1 - V[s] / around : 0;
}

const buffers = new Map<number, { re: Float64Array; im: Float64Array }>();

/** Buffers of a transform, kept for the next series: thousands are measured one after another. */
function buffersOf(size: number): { re: Float64Array; im: Float64Array } {
  let buffer = buffers.get(size);
  if (!buffer) {
    buffer = { re: new Float64Array(size), im: new Float64Array(size) };
    buffers.set(size, buffer);
  }
  return buffer;
}

/** V at lags from 0 to three quarters of the length. */
function variogram(y: Float64Array): Float64Array {
  const n = y.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n));
  const { re, im } = buffersOf(size);
  re.fill(0).set(y);
  im.fill(0);
  fft(re, im);
  for (let i = 0; i < size; i++) {
    re[i] = re[i] * re[i] + im[i] * im[i];
    im[i] = 0;
  }
  // A power spectrum is even, so its inverse transform is its transform divided by size.
  fft(re, im);
  const lags = Math.floor(0.75 * n) + 1;
  const V = new Float64Array(lags);
  let squares = 0;
  for (let t = 0; t < n; t++) squares += 2 * y[t] * y[t];
  for (let s = 0; s < lags; s++) {
    if (s > 0) squares -= y[s - 1] * y[s - 1] + y[n - s] * y[n - s];
    V[s] = Math.max(0, (squares - (2 * re[s]) / size) / (n - s));
  }
  return V;
}

/** The residuals of a least-squares line, clamped to four mean deviations, so that one spike is no season. */
function detrended(values: Float64Array): Float64Array {
  const n = values.length;
  const middle = (n - 1) / 2;
  // From the first value on, so that a large level does not hide the differences.
  const y = values.map((x) => x - values[0]);
  let [mean, slope] = [0, 0];
  for (let t = 0; t < n; t++) mean += y[t] / n;
  for (let t = 0; t < n; t++) slope += (t - middle) * (y[t] - mean);
  slope /= (n * (n * n - 1)) / 12;
  const residuals = new Float64Array(n);
  let [deviation, size] = [0, 0];
  for (let t = 0; t < n; t++) {
    residuals[t] = y[t] - mean - slope * (t - middle);
    deviation += Math.abs(residuals[t]) / n;
    size += Math.abs(y[t]) / n;
  }
  // The residuals of an exact line are rounding errors.
  const bound = deviation > 1e-10 * size ? 4 * deviation : 0;
  for (let t = 0; t < n; t++) residuals[t] = Math.min(bound, Math.max(-bound, residuals[t]));
  return residuals;
}

/** Changes from value to value. */
const changes = (y: Float64Array): Float64Array =>
  Float64Array.from({ length: y.length - 1 }, (_, t) => y[t + 1] - y[t]);
