/**
 * The seasons of a series, out of how unlike it is to itself some steps before: the variogram
 *
 *   V(s) = mean (yₜ − yₜ₋ₛ)²        depth(s) = 1 − V(s) / ½ (V(s/2) + V(3s/2))
 *
 * A season is a dip: V at s lies below V half a season to both sides, which a trend or a random walk, whose
 * V is a line, does not do. (Matheron 1963 for the variogram; all lags come from one autocorrelation by FFT.)
 */

import { fft } from '@mamba-ts/core/math';
import type { CheckedOptions } from '../options.ts';

export interface Seasons {
  /** Steps of the main season; 1: there is none. */
  first: number;
  /** Steps of another one; 0: there is none. */
  second: number;
  /** depth of the first, 0 where there is none. */
  depth: number;
}

/** The main season and another one; seasons that are known to be there; or those that are likely. */
export type SeasonsGiven = readonly number[] | { known: readonly number[] } | { likely: readonly number[] };

/** The seasons of checked options: none is a season of one step. */
export function seasonsGiven({ seasons, likelySeasons }: CheckedOptions): SeasonsGiven | undefined {
  if (seasons === undefined) return likelySeasons && { likely: likelySeasons };
  return seasons.length === 0 ? [1] : { known: seasons };
}

/** Of a series without gaps, whatever is known of its seasons. */
export function seasonsIn(y: Float64Array, given: SeasonsGiven | undefined): Seasons {
  const lags = new Lags(y);
  if (given === undefined) return found(lags);
  if ('known' in given) return mainFirst(lags, beside(lags, given.known));
  if (!('likely' in given)) return beside(lags, given);
  const shown = showing(lags, given.likely);
  return shown.length > 0 ? mainFirst(lags, beside(lags, shown)) : found(lags);
}

/** `y` has no gaps. `given`: the seasons that are known; a second one is looked for beside one that is given. */
export const findSeasons = (y: Float64Array, given?: readonly number[]): Seasons => seasonsIn(y, given);

/** Of seasons that are likely, as those of a calendar, the ones that `y` shows at all. */
export const seasonsThatShow = (y: Float64Array, likely: readonly number[]): number[] => showing(new Lags(y), likely);

/** The variogram of a series, computed once, when first asked for. */
class Lags {
  readonly n: number;
  private table?: Float64Array;

  constructor(private readonly y: Float64Array) {
    this.n = y.length;
  }

  get V(): Float64Array {
    this.table ??= variogram(detrended(this.y));
    return this.table;
  }
}

/** A day that is known may hide a week that says much more: that is then the main season. */
function mainFirst(lags: Lags, seasons: Seasons): Seasons {
  const { first, second } = seasons;
  if (second === 0 || lags.n < 2 * second) return seasons;
  const { V } = lags;
  if (!(V[second] < MUCH_BETTER * V[first])) return seasons;
  return { first: second, second: first, depth: depthOf(V, second) };
}

/** A dip counts from this depth on, and more where few values or few seasons were seen. */
const LEAST = { depth: 0.05, byValues: 2.5, bySeasons: 0.7 };
/** What a longer season must leave of V to be one beside a shorter one, and to be the main one in its place. */
const [BETTER, MUCH_BETTER] = [0.9, 0.5];

/** Fewer values have no seasons to be found. */
const LEAST_VALUES = 8;

/** The seasons that are known, and a second one beside a single one. */
function beside(lags: Lags, [known, knownSecond]: readonly number[]): Seasons {
  const { n } = lags;
  if (known === undefined) return found(lags);
  if (known === 1) return NONE;
  if (n < LEAST_VALUES) return { first: known, second: knownSecond ?? 0, depth: 0 };
  const { V } = lags;
  const depth = known < V.length ? depthOf(V, known) : 0;
  return { first: known, second: knownSecond ?? longer(V, dips(V, n), known), depth };
}

/** The seasons that the values show by themselves. */
function found(lags: Lags): Seasons {
  const { n } = lags;
  if (n < LEAST_VALUES) return NONE;
  const { V } = lags;
  const all = dips(V, n);
  if (all.length === 0) return NONE;
  const [shortest] = all;
  let first = shortest;
  for (const s of all) if (V[s] < MUCH_BETTER * V[first]) first = s;
  const second = longer(V, all, first) || (first > shortest ? shortest : 0);
  return { first, second, depth: depthOf(V, first) };
}

function showing(lags: Lags, likely: readonly number[]): number[] {
  const { n } = lags;
  const possible = likely.filter((s) => s > 1 && 2 * s <= n);
  if (n < LEAST_VALUES || possible.length === 0) return [];
  const { V } = lags;
  return possible.filter((s) => depthOf(V, s) >= leastDepth(n, s) / 2);
}

const NONE: Seasons = { first: 1, second: 0, depth: 0 };

/** The season beyond `first` that explains most, each one better than the last; 0 where there is none. */
function longer(V: Float64Array, found: readonly number[], first: number): number {
  let best = 0;
  let value = first < V.length ? V[first] : Infinity;
  for (const s of found) {
    if (s < 1.5 * first || !(V[s] < BETTER * value)) continue;
    best = s;
    value = V[s];
  }
  return best;
}

/** Lags that are local minima deep enough, in order. Two whole seasons must have been seen. */
function dips(V: Float64Array, n: number): number[] {
  const found: number[] = [];
  const last = Math.min(V.length - 2, Math.floor(n / 2));
  for (let s = 2; s <= last; s++) {
    if (V[s] > V[s - 1] || V[s] > V[s + 1]) continue;
    if (depthOf(V, s) >= leastDepth(n, s)) found.push(s);
  }
  return found;
}

const leastDepth = (n: number, s: number) =>
  LEAST.depth + LEAST.byValues / Math.sqrt(n - s) + LEAST.bySeasons * Math.sqrt(s / n);

function depthOf(V: Float64Array, s: number): number {
  const at = (lag: number) => {
    const low = Math.min(V.length - 1, Math.floor(lag));
    const high = Math.min(V.length - 1, Math.ceil(lag));
    return (V[low] + V[high]) / 2;
  };
  const around = (at(s / 2) + at(1.5 * s)) / 2;
  return around > 0 ? 1 - V[s] / around : 0;
}

const rooms = new Map<number, { re: Float64Array; im: Float64Array }>();

/** Memory of a transform, which is used again: thousands of series are measured one after another. */
function roomOf(size: number): { re: Float64Array; im: Float64Array } {
  let room = rooms.get(size);
  if (!room) {
    room = { re: new Float64Array(size), im: new Float64Array(size) };
    rooms.set(size, room);
  }
  return room;
}

/** V at lags 0 … three quarters of the length. */
function variogram(y: Float64Array): Float64Array {
  const n = y.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n));
  const { re, im } = roomOf(size);
  re.fill(0).set(y);
  im.fill(0);
  fft(re, im);
  for (let i = 0; i < size; i++) {
    re[i] = re[i] * re[i] + im[i] * im[i];
    im[i] = 0;
  }
  // A power spectrum is even: the transform there and back are the same but for 1 / size.
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

/** Without its line of least squares, and with outliers drawn in: one spike is no season. */
function detrended(y: Float64Array): Float64Array {
  const n = y.length;
  const middle = (n - 1) / 2;
  let [mean, slope] = [0, 0];
  for (let t = 0; t < n; t++) mean += y[t] / n;
  for (let t = 0; t < n; t++) slope += (t - middle) * (y[t] - mean);
  slope /= (n * (n * n - 1)) / 12;
  const rest = new Float64Array(n);
  let [deviation, size] = [0, 0];
  for (let t = 0; t < n; t++) {
    rest[t] = y[t] - mean - slope * (t - middle);
    deviation += Math.abs(rest[t]) / n;
    size += Math.abs(y[t]) / n;
  }
  // What is left of a line is rounding.
  const bound = deviation > 1e-10 * size ? 4 * deviation : 0;
  for (let t = 0; t < n; t++) rest[t] = Math.min(bound, Math.max(-bound, rest[t]));
  return rest;
}
