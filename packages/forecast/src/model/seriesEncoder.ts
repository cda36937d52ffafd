/**
 * One series on its way through the network: measured at a rung, read step by step, with the state carried on.
 *
 * `read` takes in what is new as whole patches; `ahead` adds, for the moment, the last values and the patches of
 * the future, which are missing values. Nothing of a look ahead stays.
 */
import type { State } from '@mamba-ts/core/layers';
import { Hindsight } from './intervalCalibration.ts';
import { Measures } from './normalization.ts';
import { CANDIDATES, FEATURES, PatchReader } from './patchFeatures.ts';
import type { SeasonsGiven } from './seasons.ts';
import { spikesOf } from './spikes.ts';
import { PATCH } from './window.ts';

/** Values that differ by less are one: up to ±1e100, they are still finite in this unit. */
const LEAST_SCALE = 1e-200;

/** Steps of one series, each with what turns its quantiles into values. */
export class StepList {
  readonly features: Float32Array;
  readonly candidates: Float32Array;
  readonly bases: Float64Array;
  readonly units: Float64Array;
  /** Values before the patch that each step forecasts. */
  readonly ends: Int32Array;
  count = 0;

  constructor(capacity: number) {
    this.features = new Float32Array(capacity * FEATURES);
    this.candidates = new Float32Array(capacity * CANDIDATES * PATCH);
    this.bases = new Float64Array(capacity * PATCH);
    this.units = new Float64Array(capacity);
    this.ends = new Int32Array(capacity);
  }

  add(reader: PatchReader, stride: number): void {
    const at = this.count++;
    this.ends[at] = reader.end;
    const base = this.bases.subarray(at * PATCH, (at + 1) * PATCH);
    this.units[at] = reader.step(this.features, at * FEATURES, this.candidates, at * CANDIDATES * PATCH, base, stride);
  }
}

export class Track {
  readonly measures: Measures;
  readonly hindsight = new Hindsight();
  /** Values that the measures were taken of. */
  readonly measured: number;
  /** Values among them that are read as missing. */
  private readonly spikes: readonly number[];
  private readonly reader: PatchReader;
  /** Behind the last patch that was read; undefined before the first. */
  state?: State;

  /** `measured`: the values up to the rung of what is read; `room`: how many there will be at first. */
  constructor(measured: Float64Array, room: number, season?: SeasonsGiven) {
    this.measured = measured.length;
    this.spikes = spikesOf(measured);
    this.measures = new Measures(withoutThose(measured, this.spikes), season);
    this.reader = new PatchReader(this.measures, room);
  }

  /**
   * Of `window`, measured up to `rung`. Where nothing but missing values or a single one came before it, over all of
   * the window: what came after may be all that is known.
   */
  static of(window: Float64Array, rung: number, room: number, season?: SeasonsGiven): Track {
    const track = new Track(window.subarray(0, rung), room, season);
    return track.isAlive || rung === window.length ? track : new Track(window, room, season);
  }

  /** Whether there is anything to learn from: not all values are one. */
  get isAlive(): boolean {
    return this.measures.scale > LEAST_SCALE;
  }

  /** Steps that read() will take. */
  stepsIn(window: Float64Array): number {
    return Math.ceil((window.length - this.reader.end) / PATCH) - 1;
  }

  /** Takes in what is new of `window` as whole patches; at least one value is left for ahead(). */
  read(window: Float64Array, list: StepList): void {
    const { reader } = this;
    while (reader.end + PATCH < window.length) {
      for (let i = 0; i < PATCH; i++) this.take(window);
      list.add(reader, PATCH);
    }
  }

  /** The rest of `window` and patches of the future: `patches` steps that forecast, the first from its end. */
  ahead(window: Float64Array, patches: number, list: StepList): void {
    const { reader } = this;
    const mark = reader.mark();
    const rest = window.length - reader.end;
    while (reader.end < window.length) this.take(window);
    list.add(reader, rest);
    for (let k = 1; k < patches; k++) {
      for (let i = 0; i < PATCH; i++) reader.push(Number.NaN);
      list.add(reader, PATCH);
    }
    reader.rewind(mark);
  }

  /** By what its intervals are to be widened, as `window` shows. */
  width(window: Float64Array): number {
    return this.hindsight.width(withoutThose(window, this.spikes));
  }

  private take(window: Float64Array): void {
    const t = this.reader.end;
    this.reader.push(this.spikes.includes(t) ? Number.NaN : window[t]);
  }
}

function withoutThose(values: Float64Array, places: readonly number[]): Float64Array {
  if (places.length === 0) return values;
  const rest = values.slice();
  for (const t of places) rest[t] = Number.NaN;
  return rest;
}
