/**
 * The encoder of one series: normalizes it at a re-normalisation point, turns it into steps of the network patch by
 * patch, and keeps the state of the model between calls.
 *
 * `read` takes the new values as whole patches. `ahead` adds the values after them and the patches of the future,
 * which are missing values; it leaves the encoder unchanged.
 */
import type { State } from '@mamba-ts/core/layers';
import type { SeasonHint } from '../seasons.ts';
import { IntervalCalibration } from './intervalCalibration.ts';
import { Normalization } from './normalization.ts';
import { CANDIDATES, FEATURES, PatchFeatures } from './patchFeatures.ts';
import type { Seasons } from './seasons.ts';
import { spikesOf } from './spikes.ts';
import { PATCH } from './window.ts';

/** A series of a smaller scale counts as constant. With larger ones, values up to ±1e100 are finite in units. */
const MIN_SCALE = 1e-200;

/** Steps of one series, with what converts the outputs of the network back to values: base + unit · output. */
export class EncoderSteps {
  /** (count, FEATURES) */
  readonly features: Float32Array;
  /** (count, CANDIDATES, PATCH) */
  readonly candidates: Float32Array;
  /** (count, PATCH) */
  readonly bases: Float64Array;
  /** (count) */
  readonly units: Float64Array;
  /** Index of the first value that each step forecasts. */
  readonly ends: Int32Array;
  count = 0;

  constructor(capacity: number) {
    this.features = new Float32Array(capacity * FEATURES);
    this.candidates = new Float32Array(capacity * CANDIDATES * PATCH);
    this.bases = new Float64Array(capacity * PATCH);
    this.units = new Float64Array(capacity);
    this.ends = new Int32Array(capacity);
  }

  /** Adds the step at the current end of `patches`. */
  add(patches: PatchFeatures, stride: number): void {
    const row = this.count++;
    this.ends[row] = patches.end;
    this.units[row] = patches.step(this, row, stride);
  }
}

/** The encoder of one series. */
export class SeriesEncoder {
  readonly normalization: Normalization;
  readonly calibration = new IntervalCalibration();
  /** Values that the normalization was computed from. */
  readonly normalizedLength: number;
  /** Indices of values that are read as missing. */
  private readonly spikes: readonly number[];
  private readonly patches: PatchFeatures;
  /** State of the model after the last patch read; undefined before the first. */
  state?: State;

  /** `normalized`: the values up to the re-normalisation point. `capacity`: values that fit before buffers grow. */
  constructor(normalized: Float64Array, capacity: number, season?: SeasonHint | Seasons) {
    this.normalizedLength = normalized.length;
    this.spikes = spikesOf(normalized);
    this.normalization = new Normalization(withMissing(normalized, this.spikes), season);
    this.patches = new PatchFeatures(this.normalization, capacity);
  }

  /**
   * The encoder of `window`, normalized by its first `length` values, or by all of them where the first are
   * constant or missing: only later values can then give a scale.
   */
  static of(window: Float64Array, length: number, capacity: number, season?: SeasonHint | Seasons): SeriesEncoder {
    const encoder = new SeriesEncoder(window.subarray(0, length), capacity, season);
    if (!encoder.isConstant || length === window.length) return encoder;
    return new SeriesEncoder(window, capacity, season);
  }

  /** Whether all values are equal: there is nothing for the model to forecast. */
  get isConstant(): boolean {
    return !(this.normalization.scale > MIN_SCALE);
  }

  /** The median of the values. */
  get location(): number {
    return this.normalization.location;
  }

  /** Steps that read() will add. */
  stepsIn(window: Float64Array): number {
    return Math.ceil((window.length - this.patches.end) / PATCH) - 1;
  }

  /** Adds the new values of `window` as whole patches. At least one value is left for ahead(). */
  read(window: Float64Array, steps: EncoderSteps): void {
    const { patches } = this;
    while (patches.end + PATCH < window.length) {
      for (let i = 0; i < PATCH; i++) this.take(window);
      steps.add(patches, PATCH);
    }
  }

  /** Adds `count` steps that forecast the patches after `window`; the first one reads the rest of it. */
  ahead(window: Float64Array, count: number, steps: EncoderSteps): void {
    const { patches } = this;
    const mark = patches.mark();
    const rest = window.length - patches.end;
    while (patches.end < window.length) this.take(window);
    steps.add(patches, rest);
    for (let k = 1; k < count; k++) {
      for (let i = 0; i < PATCH; i++) patches.push(Number.NaN);
      steps.add(patches, PATCH);
    }
    patches.rewind(mark);
  }

  /** The factor by which the intervals of the network are to be widened, given the values of `window`. */
  width(window: Float64Array): number {
    return this.calibration.width(withMissing(window, this.spikes));
  }

  private take(window: Float64Array): void {
    const t = this.patches.end;
    this.patches.push(this.spikes.includes(t) ? Number.NaN : window[t]);
  }
}

function withMissing(values: Float64Array, indices: readonly number[]): Float64Array {
  if (indices.length === 0) return values;
  const copy = values.slice();
  for (const t of indices) copy[t] = Number.NaN;
  return copy;
}
