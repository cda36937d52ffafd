/**
 * What the forecaster learns from: synthetic series, of which parts are hidden.
 *
 * A series is measured at a rung somewhere in it, read patch by patch, and behind the rung stretches of patches
 * are hidden, as the future will be. Each step is taught the patch that follows it, hidden or not. The step
 * before a hidden stretch may end anywhere, as a series does.
 */
import { Random } from '@mamba-ts/core/random';
import type { StepBatch } from '../model/network.ts';
import { Normalization } from '../model/normalization.ts';
import { CANDIDATES, FEATURES, PatchFeatures } from '../model/patchFeatures.ts';
import { CONTEXT, PATCH } from '../model/window.ts';
import { sampleSeries } from '../synthetic/catalogue.ts';
import { between, chance, logBetween } from '../synthetic/draw.ts';

export interface LessonSteps extends StepBatch {
  /** (B · L, PATCH), in units from the base; NaN: unknown. */
  readonly targets: Float32Array;
  /** (B · L), sum 1. */
  readonly weights: Float32Array;
}

/** How much steps before the rung count: their measures have seen what they are to forecast. */
const BEFORE_RUNG = 0.2;
/** Patches of a hidden stretch at most, and the part of the steps behind the rung that is hidden. */
const LONGEST_STRETCH = 16;
const HIDDEN = 0.4;
/** Part of the batches that is of long series. */
const LONG = 0.25;
/** How often a series changes for good at some moment, which nothing in its past has told of. */
const BROKEN = 0.15;
/** Targets further off than so many units are drawn in. */
const FARTHEST = 200;

/**
 * Where series come from: one of at most this length, NaN where missing. `season` is its true one, which people may
 * or may not know; `given` are those that they say it has.
 */
export type SeriesSource = (
  random: Random,
  length: number,
) => { values: ArrayLike<number>; season?: number; given?: readonly number[] };

/** A batch of about `budget` steps: series of one length, which is drawn first. */
export function drawLesson(random: Random, budget: number, source: SeriesSource = sampleSeries): LessonSteps {
  const isLong = random.uniform() < LONG;
  const length = Math.round(isLong ? between(random, 1024, 1.05 * CONTEXT) : logBetween(random, 32, 2048));
  const L = Math.ceil(length / PATCH) + 8;
  const B = Math.max(1, Math.floor(budget / Math.ceil(length / PATCH)));
  const batch = emptyBatch(B, L);
  for (let b = 0; b < B; b++) teach(random, source, length, batch, b);
  return weighed(trimmed(batch));
}

/** The lesson of one series whose last `horizon` values alone are asked for. */
export function lessonAtEnd(series: Float64Array, horizon: number, season?: readonly number[]): LessonSteps {
  const window = series.subarray(Math.max(0, series.length - horizon - CONTEXT));
  const origin = window.length - horizon;
  const measures = new Normalization(window.slice(0, origin), season);
  const batch = emptyBatch(1, Math.ceil(window.length / PATCH) + 8);
  const hidden = Math.ceil(horizon / PATCH);
  if (measures.scale > 0) read(new Random(0), { series: window, measures, rung: origin, origin, hidden }, batch, 0);
  // Of what was read before, nothing is asked.
  const { lengths, weights } = batch;
  weights.fill(0, 0, lengths[0] - hidden);
  return weighed(trimmed(batch));
}

function emptyBatch(B: number, L: number): LessonSteps {
  return {
    B,
    L,
    lengths: new Int32Array(B),
    features: new Float32Array(B * L * FEATURES),
    candidates: new Float32Array(B * L * CANDIDATES * PATCH),
    targets: new Float32Array(B * L * PATCH).fill(Number.NaN),
    weights: new Float32Array(B * L),
  };
}

function weighed(batch: LessonSteps): LessonSteps {
  const { weights } = batch;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) weights[i] /= total;
  return batch;
}

/** Without the steps that no row has. */
function trimmed(batch: LessonSteps): LessonSteps {
  const { B, L, lengths } = batch;
  const most = lengths.reduce((a, b) => Math.max(a, b));
  const cut = (table: Float32Array) => {
    const [row, width] = [table.length / B, (table.length / B / L) * most];
    const kept = new Float32Array(B * width);
    for (let b = 0; b < B; b++) kept.set(table.subarray(b * row, b * row + width), b * width);
    return kept;
  };
  const { features, candidates, targets, weights } = batch;
  return {
    B,
    L: most,
    lengths,
    features: cut(features),
    candidates: cut(candidates),
    targets: cut(targets),
    weights: cut(weights),
  };
}

function teach(random: Random, source: SeriesSource, length: number, batch: LessonSteps, b: number): void {
  for (;;) {
    const { values, season, given } = source(random, length);
    const series = Float64Array.from(values);
    if (source === sampleSeries && chance(random, BROKEN)) breakOff(random, series);
    const hidden = Math.min(stretch(random), Math.floor(series.length / 2 / PATCH));
    const origin = series.length - hidden * PATCH;
    const rung = rungIn(random, origin);
    const measures = new Normalization(series.slice(0, rung), given ?? givenSeason(random, season));
    if (measures.scale > 0) {
      read(random, { series, measures, rung, origin, hidden }, batch, b);
      return;
    }
  }
}

/** From a moment on, a level or a slope that is another one: forecasts must allow for what is new. */
function breakOff(random: Random, series: Float64Array): void {
  const { location, scale, minimum } = new Normalization(series, [1]);
  const from = Math.floor(series.length * between(random, 0.2, 1));
  const size = scale * 0.5 * random.normal();
  const isStep = chance(random, 0.5);
  const left = Math.max(1, series.length - from);
  // What was never negative stays so.
  const floor = minimum >= 0 && location > 0 ? 0 : -Infinity;
  for (let t = from; t < series.length; t++) {
    series[t] = Math.max(floor, series[t] + size * (isStep ? 1 : (2 * (t - from)) / left));
  }
}

/** Before the last origin, the value behind which the last stretch is hidden: often close to it, as in use. */
function rungIn(random: Random, origin: number): number {
  const u = random.uniform();
  const [from, to] = u < 0.1 ? [0.02, 0.3] : u < 0.5 ? [0.86, 1] : [0.3, 1];
  return Math.max(6, Math.round(origin * (from + (to - from) * random.uniform())));
}

/** People know the season of some of their series, and say of some that there is none. */
function givenSeason(random: Random, season: number | undefined): number[] | undefined {
  const u = random.uniform();
  if (season !== undefined && season > 1) return u < 0.35 ? [season] : undefined;
  return u < 0.15 ? [1] : undefined;
}

interface Plan {
  series: Float64Array;
  measures: Normalization;
  rung: number;
  /** Where the last hidden stretch begins, and its patches. */
  origin: number;
  hidden: number;
}

function read(
  random: Random,
  { series, measures, rung, origin, hidden: last }: Plan,
  batch: LessonSteps,
  b: number,
): void {
  const { L, features, candidates, targets, weights } = batch;
  const reader = new PatchFeatures(measures, series.length);
  const base = new Float64Array(PATCH);
  let step = 0;
  const advance = (stride: number, isHidden: boolean) => {
    const from = reader.end;
    for (let t = from; t < from + stride; t++) reader.push(isHidden ? Number.NaN : series[t]);
    const at = b * L + step++;
    const unit = reader.step(
      {
        features: features.subarray(at * FEATURES, (at + 1) * FEATURES),
        candidates: candidates.subarray(at * CANDIDATES * PATCH, (at + 1) * CANDIDATES * PATCH),
        base,
      },
      stride,
    );
    let known = 0;
    for (let i = 0; i < PATCH && reader.end + i < series.length; i++) {
      const error = (series[reader.end + i] - base[i]) / unit;
      targets[at * PATCH + i] = Math.max(-FARTHEST, Math.min(FARTHEST, error));
      known += Number(!Number.isNaN(error));
    }
    weights[at] = known > 0 ? (reader.end >= rung ? 1 : BEFORE_RUNG) : 0;
  };
  const left = () => series.length - reader.end;
  // Other stretches come before the last one until enough is hidden.
  const stretches = Math.max(0, Math.round((HIDDEN * (series.length - rung)) / PATCH / 4 - last / 4));
  const places = Array.from(
    { length: Math.min(stretches, 6) },
    () => rung + random.int(Math.max(1, series.length - rung)),
  );
  places.sort((x, y) => x - y);
  while (left() > 0 && step < L) {
    const next = places[0] ?? Infinity;
    if (reader.end < origin && reader.end + PATCH >= origin && last > 0) {
      advance(origin - reader.end, false);
      for (let k = 1; k < last && step < L; k++) advance(PATCH, true);
      break;
    }
    if (next <= reader.end) {
      places.shift();
      if (step + 2 > L - 8) continue;
      advance(1 + random.int(Math.min(PATCH, left())), false);
      for (let k = stretch(random); k > 0 && left() > (last + 1) * PATCH && step < L - 4; k--) advance(PATCH, true);
      continue;
    }
    advance(Math.min(PATCH, left()), false);
  }
  batch.lengths[b] = step;
}

/** Patches of a hidden stretch: short ones more often. */
function stretch(random: Random): number {
  return Math.min(LONGEST_STRETCH, 1 + Math.floor(-4 * Math.log(1 - random.uniform())));
}
