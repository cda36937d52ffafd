/**
 * The views of a window: what the model reads instead of its values.
 *
 *   0      the values, without outliers of their season
 *   1, 2   what is left of them without one season, yₜ − phaseMedian(t); one view for each season
 *
 * The model forecasts each view, the season is added back, and the mean is the forecast of the series. Without its
 * season, a series shows the model how far it is from its usual course, and how it returns. What belongs to a view
 * depends on earlier values alone, so the views of a stream grow value by value.
 */
import { withoutGaps } from '../gaps.ts';
import type { SeasonHint } from '../seasons.ts';
import { SeasonalOutliers } from './outliers.ts';
import { lastOfPhase, phaseMedian } from './phaseMedian.ts';
import { findSeasons, NO_SEASONS, type Seasons } from './seasons.ts';
import { spikesOf } from './spikes.ts';

/** A season is taken out where the window holds three of it; the first two are the past of the first median. */
const [MIN_SEASONS, SEASONS_BEFORE] = [3, 2];
/** Values below 2 to this power are read in multiples of a power of 2: their squares would be 0. */
const SMALL_EXPONENT = -300;
const LARGEST_SCALED = 1e100;

/** One view, which grows with the window. */
export interface View {
  /** Index in the window of its first value. */
  readonly from: number;
  /** The values so far. */
  readonly values: Float64Array;
  /** What is to be added to a forecast of this view: a number for each step ahead, NaN where it is unknown. */
  season(horizon: number): Float64Array;
}

/** Values in a buffer that grows. */
class GrowingValues {
  buffer: Float64Array;
  count = 0;

  constructor(capacity: number) {
    this.buffer = new Float64Array(capacity);
  }

  /** The values so far, in place. */
  get values(): Float64Array {
    return this.buffer.subarray(0, this.count);
  }

  push(x: number): void {
    if (this.count === this.buffer.length) {
      const larger = new Float64Array(2 * this.count + 16);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer[this.count++] = x;
  }
}

/** The values without outliers. */
class Clean extends GrowingValues implements View {
  readonly from = 0;

  season(horizon: number): Float64Array {
    return new Float64Array(horizon);
  }
}

/** What is left of the values without a season. */
class Rest extends GrowingValues implements View {
  constructor(
    private readonly clean: Clean,
    private readonly period: number,
    readonly from: number,
  ) {
    super(clean.buffer.length);
  }

  /** Takes the value at t, the last of `clean`. */
  take(t: number): void {
    const { buffer } = this.clean;
    if (t >= this.from) this.push(buffer[t] - phaseMedian(buffer, t - this.period, this.period));
  }

  season(horizon: number): Float64Array {
    const { period } = this;
    const { buffer, count } = this.clean;
    return Float64Array.from({ length: horizon }, (_, h) =>
      phaseMedian(buffer, lastOfPhase(count + h, period, count), period),
    );
  }
}

/** The views of a window that grows. */
export class Views {
  /** Found in the values up to the re-normalisation point. */
  readonly seasons: Seasons;
  /** The same, if they are those of the first view; undefined where they have to be found in it. */
  readonly found?: Seasons;
  /** Views hold this multiple of the values. */
  readonly factor: number;
  private readonly outliers: SeasonalOutliers;
  private readonly scaled: GrowingValues;
  private readonly clean: Clean;
  private readonly rests: readonly Rest[];

  /** `window`: all values so far, the first `length` of them up to the re-normalisation point. */
  constructor(window: Float64Array, length: number, season?: SeasonHint) {
    this.factor = factorOf(window.subarray(0, length));
    this.scaled = new GrowingValues(window.length);
    this.clean = new Clean(window.length);
    for (const x of window) this.scaled.push(this.scale(x));
    const normalized = this.scaled.values.subarray(0, length);
    this.seasons = seasonsOf(normalized, season);
    this.outliers = new SeasonalOutliers(normalized, this.seasons);
    if (!this.outliers.hasSome && !isConstant(normalized)) this.found = this.seasons;
    const { first, second } = this.seasons;
    this.rests = [first, second]
      .filter((one) => one > 1 && length >= MIN_SEASONS * one)
      .map((one) => new Rest(this.clean, one, Math.min(SEASONS_BEFORE * one, length >> 1)));
    this.grow(window);
  }

  /** Takes the new values at the end of `window`. */
  grow(window: Float64Array): void {
    const { scaled, clean, outliers, rests } = this;
    for (let t = scaled.count; t < window.length; t++) scaled.push(this.scale(window[t]));
    for (let t = clean.count; t < scaled.count; t++) {
      clean.push(outliers.judge(scaled.buffer, t) ? Number.NaN : scaled.buffer[t]);
      for (const rest of rests) rest.take(t);
    }
  }

  /** The views from which `horizon` values can be forecast: of a season, all these phases have to be known. */
  list(horizon: number): readonly View[] {
    return [this.clean, ...this.rests.filter((rest) => rest.season(horizon).every((x) => !Number.isNaN(x)))];
  }

  /** A later value can be far larger than those that decided the factor. */
  private scale(x: number): number {
    return this.factor === 1 ? x : Math.max(-LARGEST_SCALED, Math.min(LARGEST_SCALED, x * this.factor));
  }
}

function seasonsOf(normalized: Float64Array, season?: SeasonHint): Seasons {
  const values = normalized.slice();
  for (const t of spikesOf(values)) values[t] = Number.NaN;
  return isConstant(values) ? NO_SEASONS : findSeasons(withoutGaps(values), season);
}

function isConstant(values: Float64Array): boolean {
  const first = values.find((x) => !Number.isNaN(x));
  return values.every((x) => Number.isNaN(x) || x === first);
}

/** A power of 2, so that products and quotients are exact; 1 unless all values are tiny. */
function factorOf(values: Float64Array): number {
  let largest = 0;
  for (const x of values) if (Math.abs(x) > largest) largest = Math.abs(x);
  return largest === 0 || largest >= 2 ** SMALL_EXPONENT ? 1 : 2 ** Math.min(1000, -Math.floor(Math.log2(largest)));
}
