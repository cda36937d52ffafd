/**
 * A series as the steps of the model: each step reads the last patch of values and forecasts the next.
 *
 * A missing value is replaced by the value one season earlier. The future is read as missing values, patch after
 * patch, so a gap in the past is no special case. Each step also carries candidates: simple forecasts that the
 * network mixes (`quantiles` of @mamba-ts/core/ops) and corrects. With the main season s and the second season S:
 *
 *   base       yₜ₋ₛ, the seasonal naive forecast; all others are given as differences from it
 *   0 last     the last value
 *   1 level    exponential smoothing (Brown 1956)
 *   2 smooth   exponential smoothing of each phase of s
 *   3 second   yₜ₋S
 *   4 smooth2  exponential smoothing of each phase of S
 *   5 bias     the base plus its recent mean error
 *   6 drift    the base plus its long-term mean error, once for each season ahead
 *   7 bias2    smooth plus its recent mean error
 *
 * All are running sums, so the cost of a value does not depend on how many came before.
 */
import type { Normalization } from './normalization.ts';
import { PATCH } from './window.ts';

/** Candidate forecasts of a step, without the base. */
export const CANDIDATES = 8;
const SCALARS = 20;
/** Rows of a patch before those of the candidates: values, which are known, two errors, the base. */
const PATCH_ROWS = 5;
/** Numbers that the model reads in a step. */
export const FEATURES = PATCH * (PATCH_ROWS + CANDIDATES) + SCALARS;

/** Smoothing factors of the level and of a phase of a season. */
const LEVEL_RATE = 0.1;
const PHASE_RATE = 0.3;
/** Candidates are clamped to this distance from the base, in units. */
const MAX_DISTANCE = 50;

/** Where step() writes, a row for each step. */
export interface StepTables {
  /** (rows, FEATURES) */
  readonly features: Float32Array;
  /** (rows, CANDIDATES, PATCH), in units, relative to the base. */
  readonly candidates: Float32Array;
  /** (rows, PATCH), in units of the values. */
  readonly bases: Float64Array;
}

interface RunningSums {
  /** Values so far, and values up to the last one that is not missing. */
  end: number;
  knownEnd: number;
  /** Values that are not missing. */
  observed: number;
  last: number;
  level: number;
  /** Mean errors: of the base, recent and long-term; of smooth, recent. */
  baseError: number;
  longBaseError: number;
  smoothError: number;
}

/** The features of a series, value by value. */
export class PatchFeatures {
  private readonly first: number;
  private readonly second: number;
  /** The values, with missing ones filled in, and which of them were observed. */
  private y: Float64Array;
  private isObserved: Uint8Array;
  /** Each phase of the first and of the second season, smoothed. */
  private smooth1: Float64Array;
  private smooth2: Float64Array;
  /** Errors of repeating the value one season ago. */
  private error1: Float64Array;
  private error2: Float64Array;
  private readonly rates: { recent: number; long: number };
  /** Scalar features that do not change between re-normalisation points. */
  private readonly constants: Float64Array;
  private readonly unit: number;
  private sums: RunningSums;
  /** Differences of the candidates from the base, at one value ahead. */
  private readonly differences = new Float64Array(CANDIDATES);

  /** `capacity`: values that fit before the buffers grow. */
  constructor(
    private readonly normalization: Normalization,
    capacity: number,
  ) {
    const { location, seasons } = normalization;
    const { first, second } = seasons;
    this.first = first;
    this.second = second;
    this.y = new Float64Array(capacity);
    this.isObserved = new Uint8Array(capacity);
    this.smooth1 = new Float64Array(capacity);
    this.smooth2 = second > 0 ? new Float64Array(capacity) : this.smooth1;
    this.error1 = new Float64Array(capacity);
    this.error2 = new Float64Array(second > 0 ? capacity : 0);
    this.rates = { recent: 2 / (1 + Math.max(4, Math.min(first, 32))), long: 2 / (1 + Math.max(16, 2 * first)) };
    this.unit = normalization.error(normalization.lagAt(1));
    this.constants = constantsOf(normalization, this.unit);
    const errors = { baseError: 0, longBaseError: 0, smoothError: 0 };
    this.sums = { end: 0, knownEnd: 0, observed: 0, last: location, level: location, ...errors };
  }

  /** Values so far. */
  get end(): number {
    return this.sums.end;
  }

  /** Missing values at the end. */
  get gap(): number {
    return this.sums.end - this.sums.knownEnd;
  }

  /** The running sums, to return to by rewind() after a look ahead. */
  mark(): RunningSums {
    return { ...this.sums };
  }

  rewind(mark: RunningSums): void {
    this.sums = { ...mark };
  }

  /** Takes the next value, NaN where it is missing. */
  push(x: number): void {
    if (this.sums.end === this.y.length) this.grow();
    const { sums, y, smooth1, smooth2, error1, error2, first, second, rates } = this;
    const t = sums.end++;
    const repeated = t >= first ? y[t - first] : sums.last;
    const smooth = t >= first ? smooth1[t - first] : sums.last;
    const isObserved = !Number.isNaN(x);
    this.isObserved[t] = Number(isObserved);
    y[t] = isObserved ? x : repeated;
    if (isObserved && sums.observed === 0) {
      sums.last = x;
      sums.level = x;
    }
    error1[t] = isObserved && sums.observed > 0 ? x - repeated : 0;
    smooth1[t] = isObserved ? (t >= first ? smooth + PHASE_RATE * (x - smooth) : x) : smooth;
    if (second > 0) {
      const hasSecond = t >= second;
      error2[t] = isObserved && hasSecond ? x - y[t - second] : 0;
      smooth2[t] = hasSecond
        ? smooth2[t - second] + (isObserved ? PHASE_RATE * (x - smooth2[t - second]) : 0)
        : smooth1[t];
    }
    if (!isObserved) return;
    sums.baseError += rates.recent * (error1[t] - sums.baseError);
    sums.longBaseError += rates.long * (error1[t] - sums.longBaseError);
    if (t >= first) sums.smoothError += rates.recent * (x - smooth - sums.smoothError);
    sums.level += LEVEL_RATE * (x - sums.level);
    sums.last = x;
    sums.knownEnd = sums.end;
    sums.observed++;
  }

  /**
   * Writes the step at the current end, `stride` values after the step before it, into a row of the tables. Returns the
   * unit of its forecast.
   */
  step({ features, candidates, bases }: StepTables, row: number, stride: number): number {
    // Offsets, not views: making views of typed arrays would take as long as filling them.
    const [f, c, b] = [row * FEATURES, row * CANDIDATES * PATCH, row * PATCH];
    const { normalization, differences, y, second } = this;
    const { location, scale } = normalization;
    const { end } = this.sums;
    const unit = normalization.error(normalization.lagAt(this.gap + PATCH / 2));
    for (let i = 0; i < PATCH; i++) {
      const t = end - PATCH + i;
      const isInside = t >= 0;
      features[f + i] = isInside ? symlog((y[t] - location) / scale) : 0;
      features[f + PATCH + i] = isInside ? this.isObserved[t] : 0;
      features[f + 2 * PATCH + i] = isInside ? symlog(this.error1[t] / this.unit) : 0;
      features[f + 3 * PATCH + i] = isInside && second > 0 ? symlog(this.error2[t] / this.unit) : 0;
    }
    for (let i = 0; i < PATCH; i++) {
      const base = this.candidatesAt(end + i);
      bases[b + i] = base;
      features[f + 4 * PATCH + i] = symlog((base - location) / scale);
      for (let k = 0; k < CANDIDATES; k++) {
        const value = Math.max(-MAX_DISTANCE, Math.min(MAX_DISTANCE, differences[k] / unit));
        features[f + (PATCH_ROWS + k) * PATCH + i] = symlog(value);
        candidates[c + k * PATCH + i] = value;
      }
    }
    this.scalars(features, f + (PATCH_ROWS + CANDIDATES) * PATCH, unit, stride);
    return unit;
  }

  /** The base at t ≥ end; the differences of the candidates from it are written to `differences`. */
  private candidatesAt(t: number): number {
    const { sums, differences, first, second } = this;
    const base = this.repeat(this.y, t, first);
    const smooth = this.repeat(this.smooth1, t, first);
    const hasSecond = second > 0 && sums.end >= second;
    const seasonsAhead = Math.ceil((t - sums.knownEnd + 1) / first);
    differences[0] = sums.last - base;
    differences[1] = sums.level - base;
    differences[2] = smooth - base;
    differences[3] = hasSecond ? this.repeat(this.y, t, second) - base : 0;
    differences[4] = (hasSecond ? this.repeat(this.smooth2, t, second) : smooth) - base;
    differences[5] = sums.baseError;
    differences[6] = sums.longBaseError * seasonsAhead;
    differences[7] = smooth + sums.smoothError - base;
    return base;
  }

  /** The value of `table` at t ≥ end: that of the same phase in the last season before the end. */
  private repeat(table: Float64Array, t: number, season: number): number {
    const { end, last } = this.sums;
    const from = t - season * Math.ceil((t - end + 1) / season);
    return from >= 0 ? table[from] : last;
  }

  private scalars(features: Float32Array, from: number, unit: number, stride: number): void {
    const { sums, constants, first, second } = this;
    features.set(constants, from);
    let i = from + constants.length;
    features[i++] = Math.log(unit / this.unit);
    features[i++] = stride / PATCH;
    features[i++] = Math.log1p(this.gap / PATCH) / 2;
    features[i++] = Math.log1p(sums.observed) / 8;
    features[i++] = Math.min(4, sums.end / first) / 4;
    features[i++] = second > 0 ? Math.min(4, sums.end / second) / 4 : 0;
    features[i++] = Math.log1p(sums.end / first) / 6;
    features[i++] = symlog(sums.baseError / this.unit);
  }

  private grow(): void {
    const larger = (table: Float64Array) => {
      const copy = new Float64Array(2 * table.length + PATCH);
      copy.set(table);
      return copy;
    };
    const hasSecond = this.second > 0;
    this.y = larger(this.y);
    this.smooth1 = larger(this.smooth1);
    this.smooth2 = hasSecond ? larger(this.smooth2) : this.smooth1;
    this.error1 = larger(this.error1);
    if (hasSecond) this.error2 = larger(this.error2);
    const isObserved = new Uint8Array(this.y.length);
    isObserved.set(this.isObserved);
    this.isObserved = isObserved;
  }
}

/** SCALARS − 8 numbers. */
function constantsOf(normalization: Normalization, unit: number): Float64Array {
  const { scale, location, minimum, zeros, seasons } = normalization;
  const { first, second, depth } = seasons;
  const [lag1, lag4, lag16, lag64] = [1, 4, 16, 64].map((lag) => Math.log(normalization.error(lag) / scale));
  return Float64Array.of(
    Math.log(unit / scale),
    Math.log2(first) / 8,
    second > 0 ? Math.log2(second) / 8 : 0,
    Number(first > 1),
    Number(second > 0),
    depth,
    lag1,
    lag4 - lag1,
    lag16 - lag4,
    lag64 - lag16,
    zeros,
    minimum >= 0 ? symlog((location - minimum) / scale) : -1,
  );
}

/** sign(x) log(1 + |x|) */
const symlog = (x: number): number => (x < 0 ? -Math.log1p(-x) : Math.log1p(x));
