/**
 * A series as the steps of the model: one step reads the last patch of values and forecasts the next.
 *
 * Where a value is missing, the one a season ago stands in; so the future is read as values that are missing,
 * patch after patch, and a gap in the past is no case of its own. With each step go forecasts that need no
 * learning, which the network mixes (ops/quantiles.ts) and corrects:
 *
 *   repeated     yₜ₋ₛ, of the season s: the base, from which all else is measured
 *   last, level  the last value; exponential smoothing (Brown 1956)
 *   smooth       exponential smoothing of each phase of the season
 *   second       repeated and smooth, of the longer season
 *   corrected    the base and the smooth one, with the mean error of late added
 *   drift        the base, with what a season adds
 *
 * All are running sums, so a value costs the same however many came before it.
 */
import type { Measures } from './normalization.ts';
import { PATCH } from './window.ts';

/** Forecasts beside the base that a step brings. */
export const CANDIDATES = 8;
const SCALARS = 20;
/** Numbers that a step reads. */
export const FEATURES = PATCH * (5 + CANDIDATES) + SCALARS;

const LEVEL = 0.1;
const PHASE = 0.3;
/** A candidate further from the base than so many units says no more than that it is far. */
const FARTHEST = 50;

interface Running {
  /** Values so far. */
  end: number;
  /** Behind the last value that was not missing. */
  known: number;
  seen: number;
  last: number;
  level: number;
  /** Mean errors of the base of late and over long, and of both smooth forecasts. */
  fast: number;
  slow: number;
  smooth: number;
}

export class PatchReader {
  private readonly first: number;
  private readonly second: number;
  /** Values, what is missing filled in; smoothed by phase, for both seasons; errors of repeating. */
  private y: Float64Array;
  private smooth1: Float64Array;
  private smooth2: Float64Array;
  private error1: Float64Array;
  private error2: Float64Array;
  private isSeen: Uint8Array;
  private readonly rates: { fast: number; slow: number };
  private readonly facts: Float64Array;
  private readonly unit: number;
  private running: Running;

  /** `capacity`: values that there is room for at first. */
  constructor(
    private readonly measures: Measures,
    capacity: number,
  ) {
    const { first, second } = measures.seasons;
    this.first = first;
    this.second = second;
    this.y = new Float64Array(capacity);
    this.smooth1 = new Float64Array(capacity);
    this.smooth2 = second > 0 ? new Float64Array(capacity) : this.smooth1;
    this.error1 = new Float64Array(capacity);
    this.error2 = new Float64Array(second > 0 ? capacity : 0);
    this.isSeen = new Uint8Array(capacity);
    this.rates = { fast: 2 / (1 + Math.max(4, Math.min(first, 32))), slow: 2 / (1 + Math.max(16, 2 * first)) };
    this.unit = measures.error(measures.lagAt(1));
    this.facts = factsOf(measures, this.unit);
    const { location } = measures;
    this.running = { end: 0, known: 0, seen: 0, last: location, level: location, fast: 0, slow: 0, smooth: 0 };
  }

  get end(): number {
    return this.running.end;
  }

  /** Steps ahead of the last value that was not missing. */
  get gap(): number {
    return this.running.end - this.running.known;
  }

  /** The running sums, to go back to after a look ahead. */
  mark(): Running {
    return { ...this.running };
  }

  rewind(mark: Running): void {
    this.running = { ...mark };
  }

  /** The next value; NaN: it is missing. */
  push(x: number): void {
    if (this.running.end === this.y.length) this.grow();
    const { running, y, smooth1, smooth2, first, second, rates } = this;
    const t = running.end++;
    const repeated = t >= first ? y[t - first] : running.last;
    const smooth = t >= first ? smooth1[t - first] : running.last;
    const isSeen = !Number.isNaN(x);
    this.isSeen[t] = Number(isSeen);
    const value = isSeen ? x : repeated;
    y[t] = value;
    if (isSeen && running.seen === 0) {
      running.last = x;
      running.level = x;
    }
    this.error1[t] = isSeen && running.seen > 0 ? x - repeated : 0;
    smooth1[t] = isSeen ? (t >= first ? smooth + PHASE * (x - smooth) : x) : smooth;
    if (second > 0) {
      const before = t >= second;
      this.error2[t] = isSeen && before ? x - y[t - second] : 0;
      smooth2[t] = before ? smooth2[t - second] + (isSeen ? PHASE * (x - smooth2[t - second]) : 0) : smooth1[t];
    }
    if (!isSeen) return;
    running.fast += rates.fast * (this.error1[t] - running.fast);
    running.slow += rates.slow * (this.error1[t] - running.slow);
    if (t >= first) running.smooth += rates.fast * (x - smooth - running.smooth);
    running.level += LEVEL * (x - running.level);
    running.last = x;
    running.known = running.end;
    running.seen++;
  }

  /**
   * The step at the present end. Writes FEATURES numbers, CANDIDATES · PATCH candidates (in units, from the
   * base), the PATCH values of the base, and gives the unit.
   */
  step(
    features: Float32Array,
    at: number,
    candidates: Float32Array,
    candidatesAt: number,
    base: Float64Array,
    stride: number,
  ): number {
    const { measures, running, y, first, second, unit: unit0 } = this;
    const { location, scale } = measures;
    const { end } = running;
    const unit = measures.error(measures.lagAt(this.gap + PATCH / 2));
    for (let i = 0; i < PATCH; i++) {
      const t = end - PATCH + i;
      const isThere = t >= 0;
      features[at + i] = isThere ? soft((y[t] - location) / scale) : 0;
      features[at + PATCH + i] = isThere ? this.isSeen[t] : 0;
      features[at + 2 * PATCH + i] = isThere ? soft(this.error1[t] / unit0) : 0;
      features[at + 3 * PATCH + i] = isThere && second > 0 ? soft(this.error2[t] / unit0) : 0;
    }
    const ahead = at + 5 * PATCH;
    for (let i = 0; i < PATCH; i++) {
      const t = end + i;
      const repeated = this.repeat(y, t, first);
      const smooth = this.repeat(this.smooth1, t, first);
      const hasSecond = second > 0 && end >= second;
      const seasons = Math.ceil((t - running.known + 1) / first);
      base[i] = repeated;
      features[at + 4 * PATCH + i] = soft((repeated - location) / scale);
      this.put(0, i, running.last - repeated, unit, features, ahead, candidates, candidatesAt);
      this.put(1, i, running.level - repeated, unit, features, ahead, candidates, candidatesAt);
      this.put(2, i, smooth - repeated, unit, features, ahead, candidates, candidatesAt);
      const y2 = hasSecond ? this.repeat(y, t, second) - repeated : 0;
      const smooth2 = hasSecond ? this.repeat(this.smooth2, t, second) : smooth;
      this.put(3, i, y2, unit, features, ahead, candidates, candidatesAt);
      this.put(4, i, smooth2 - repeated, unit, features, ahead, candidates, candidatesAt);
      this.put(5, i, running.fast, unit, features, ahead, candidates, candidatesAt);
      this.put(6, i, running.slow * seasons, unit, features, ahead, candidates, candidatesAt);
      this.put(7, i, smooth + running.smooth - repeated, unit, features, ahead, candidates, candidatesAt);
    }
    this.scalars(features, at + (5 + CANDIDATES) * PATCH, unit, stride);
    return unit;
  }

  private grow(): void {
    const larger = (table: Float64Array) => {
      const room = new Float64Array(2 * table.length + PATCH);
      room.set(table);
      return room;
    };
    const one = this.smooth2 === this.smooth1;
    this.y = larger(this.y);
    this.smooth1 = larger(this.smooth1);
    this.smooth2 = one ? this.smooth1 : larger(this.smooth2);
    this.error1 = larger(this.error1);
    if (!one) this.error2 = larger(this.error2);
    const seen = new Uint8Array(this.y.length);
    seen.set(this.isSeen);
    this.isSeen = seen;
  }

  /** The value of a table at t ≥ end, as the last season before the end has it. */
  private repeat(table: Float64Array, t: number, season: number): number {
    const { end, last } = this.running;
    const from = t - season * Math.ceil((t - end + 1) / season);
    return from >= 0 ? table[from] : last;
  }

  private put(
    which: number,
    i: number,
    difference: number,
    unit: number,
    features: Float32Array,
    ahead: number,
    candidates: Float32Array,
    candidatesAt: number,
  ): void {
    const value = Math.max(-FARTHEST, Math.min(FARTHEST, difference / unit));
    features[ahead + which * PATCH + i] = soft(value);
    candidates[candidatesAt + which * PATCH + i] = value;
  }

  private scalars(features: Float32Array, at: number, unit: number, stride: number): void {
    const { running, facts, first, second } = this;
    features.set(facts, at);
    let i = at + facts.length;
    features[i++] = Math.log(unit / this.unit);
    features[i++] = stride / PATCH;
    features[i++] = Math.log1p(this.gap / PATCH) / 2;
    features[i++] = Math.log1p(running.seen) / 8;
    features[i++] = Math.min(4, running.end / first) / 4;
    features[i++] = second > 0 ? Math.min(4, running.end / second) / 4 : 0;
    features[i++] = Math.log1p(running.end / first) / 6;
    features[i++] = soft(running.fast / this.unit);
  }
}

/** What stays the same from rung to rung; SCALARS − 8 numbers. */
function factsOf(measures: Measures, unit: number): Float64Array {
  const { scale, location, least, zeros, seasons } = measures;
  const { first, second, depth } = seasons;
  const [one, four, sixteen, sixtyFour] = [1, 4, 16, 64].map((lag) => Math.log(measures.error(lag) / scale));
  return Float64Array.of(
    Math.log(unit / scale),
    Math.log2(first) / 8,
    second > 0 ? Math.log2(second) / 8 : 0,
    Number(first > 1),
    Number(second > 0),
    depth,
    one,
    four - one,
    sixteen - four,
    sixtyFour - sixteen,
    zeros,
    least >= 0 ? soft((location - least) / scale) : -1,
  );
}

/** Odd, a line near 0, a logarithm far from it. */
const soft = (x: number): number => (x < 0 ? -Math.log1p(-x) : Math.log1p(x));
