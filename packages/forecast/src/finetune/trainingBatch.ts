/**
 * How a series becomes a training example of the forecaster: parts of it are hidden, as its future will be.
 *
 * The series is normalized at a re-normalisation point somewhere in it and read patch by patch. After that point,
 * stretches of patches are hidden. Each step learns the patch that follows it, hidden or not. The step before a hidden
 * stretch may end at any value, as a series does.
 */
import { Random } from '@mamba-ts/core/random';
import type { StepBatch } from '../model/network.ts';
import { Normalization } from '../model/normalization.ts';
import { CANDIDATES, FEATURES, PatchFeatures } from '../model/patchFeatures.ts';
import { CONTEXT, PATCH } from '../model/window.ts';
import { between, logBetween } from '../synthetic/draw.ts';
import type { SeriesSource } from './seriesSource.ts';

/** The steps of a batch with the values that follow them. */
export interface TrainingSteps extends StepBatch {
  /** (B · L, PATCH), in units, relative to the base; NaN: unknown. */
  readonly targets: Float32Array;
  /** (B · L), sum 1. */
  readonly weights: Float32Array;
}

/** The weight of steps before the re-normalisation point: their normalization has seen the values they forecast. */
const EARLY_WEIGHT = 0.2;
/** The maximum number of patches in a hidden stretch. */
const LONGEST_STRETCH = 16;
/** The part of the steps after the re-normalisation point that is hidden. */
const HIDDEN_PART = 0.4;
/** The parts of the batches that have long and short series. */
const LONG_PART = 0.3;
const SHORT_PART = 0.12;
/** Series shorter than this end anywhere, so that a past of a few values is learned, too. */
const SHORT = 96;
/** The shortest past, and the shortest future of a short series. */
const [SHORTEST_PAST, SHORTEST_FUTURE] = [5, 4];
/** Targets are clamped to this distance from the base, in units. */
const MAX_DISTANCE = 200;
/** Steps of a row beyond its patches: a step before a hidden stretch may be shorter than a patch. */
const SPARE_STEPS = 8;

/** The random stream of batch `index` of a run. Its name decides the numbers that resumed runs draw. */
export const batchStream = (seed: number, index: number): Random => new Random(seed).fork(`lesson ${index}`);

/** A batch of about `budget` steps. All its series have one length, which is drawn first. */
export function drawBatch(random: Random, budget: number, source: SeriesSource): TrainingSteps {
  const length = drawLength(random);
  const patches = Math.ceil(length / PATCH);
  const B = Math.max(1, Math.floor(budget / patches));
  const batch = emptyBatch(B, patches + SPARE_STEPS);
  for (let b = 0; b < B; b++) addExample(random, source, length, batch, b);
  return normalizeWeights(trimmed(batch));
}

function drawLength(random: Random): number {
  const u = random.uniform();
  if (u < LONG_PART) return Math.round(between(random, 1024, 1.05 * CONTEXT));
  return Math.round(u < LONG_PART + SHORT_PART ? logBetween(random, 14, SHORT) : logBetween(random, 32, 2048));
}

/** The batch of one series in which only the last `horizon` values are to be forecast. */
export function batchAtEnd(series: Float64Array, horizon: number, seasons?: readonly number[]): TrainingSteps {
  const window = series.subarray(Math.max(0, series.length - horizon - CONTEXT));
  const origin = window.length - horizon;
  const normalization = new Normalization(window.slice(0, origin), seasons);
  const batch = emptyBatch(1, Math.ceil(window.length / PATCH) + SPARE_STEPS);
  const hidden = Math.ceil(horizon / PATCH);
  if (normalization.scale > 0) {
    addSteps(new Random(0), { series: window, normalization, normalizedAt: origin, origin, hidden }, batch, 0);
  }
  // Steps before the last values do not count.
  const { lengths, weights } = batch;
  weights.fill(0, 0, lengths[0] - hidden);
  return normalizeWeights(trimmed(batch));
}

function emptyBatch(B: number, L: number): TrainingSteps {
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

/** Scales the weights to the sum 1. */
function normalizeWeights(batch: TrainingSteps): TrainingSteps {
  const { weights } = batch;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) weights[i] /= total;
  return batch;
}

/** Without the steps that all rows leave empty. */
function trimmed(batch: TrainingSteps): TrainingSteps {
  const { B, L, lengths } = batch;
  const longest = lengths.reduce((a, b) => Math.max(a, b));
  const cut = (table: Float32Array) => {
    const [row, width] = [table.length / B, (table.length / B / L) * longest];
    const kept = new Float32Array(B * width);
    for (let b = 0; b < B; b++) kept.set(table.subarray(b * row, b * row + width), b * width);
    return kept;
  };
  const { features, candidates, targets, weights } = batch;
  return {
    B,
    L: longest,
    lengths,
    features: cut(features),
    candidates: cut(candidates),
    targets: cut(targets),
    weights: cut(weights),
  };
}

/** Draws series until one is not constant, and adds it as row `b`. */
function addExample(random: Random, source: SeriesSource, length: number, batch: TrainingSteps, b: number): void {
  for (;;) {
    const { values, season, given } = source(random, length);
    const series = Float64Array.from(values);
    const { origin, hidden } = lastStretch(random, series.length);
    const normalizedAt = drawNormalizationPoint(random, origin);
    const normalization = new Normalization(series.slice(0, normalizedAt), given ?? givenSeason(random, season));
    if (normalization.scale > 0) {
      addSteps(random, { series, normalization, normalizedAt, origin, hidden }, batch, b);
      return;
    }
  }
}

/** Where the last hidden stretch begins, and its patches. */
function lastStretch(random: Random, length: number): Pick<Plan, 'origin' | 'hidden'> {
  if (length < SHORT && random.uniform() < 0.5) {
    const origin = SHORTEST_PAST + random.int(length - SHORTEST_PAST - SHORTEST_FUTURE + 1);
    return { origin, hidden: Math.ceil((length - origin) / PATCH) };
  }
  const hidden = Math.min(stretchLength(random), Math.floor(length / 2 / PATCH));
  return { origin: length - hidden * PATCH, hidden };
}

/** The re-normalisation point: before `origin`, after which the last stretch is hidden; often close to it, as in use. */
function drawNormalizationPoint(random: Random, origin: number): number {
  const u = random.uniform();
  const [from, to] = u < 0.1 ? [0.02, 0.3] : u < 0.5 ? [0.86, 1] : [0.3, 1];
  return Math.max(SHORTEST_PAST, Math.round(origin * (from + (to - from) * random.uniform())));
}

/** Users know the season of some of their series, and of some that there is none. */
function givenSeason(random: Random, season: number | undefined): number[] | undefined {
  const u = random.uniform();
  if (season !== undefined && season > 1) return u < 0.35 ? [season] : undefined;
  return u < 0.15 ? [1] : undefined;
}

interface Plan {
  series: Float64Array;
  normalization: Normalization;
  /** The number of values that the normalization has seen. */
  normalizedAt: number;
  /** Where the last hidden stretch begins, and its patches. */
  origin: number;
  hidden: number;
}

/** Reads the series into row `b`. */
function addSteps(
  random: Random,
  { series, normalization, normalizedAt, origin, hidden: lastStretch }: Plan,
  batch: TrainingSteps,
  b: number,
): void {
  const { L, features, candidates, targets, weights } = batch;
  const reader = new PatchFeatures(normalization, series.length);
  const tables = {
    features: features.subarray(b * L * FEATURES),
    candidates: candidates.subarray(b * L * CANDIDATES * PATCH),
    bases: new Float64Array(L * PATCH),
  };
  let step = 0;
  const advance = (stride: number, isHidden: boolean) => {
    const from = reader.end;
    for (let t = from; t < from + stride; t++) reader.push(isHidden ? Number.NaN : series[t]);
    const row = step++;
    const at = b * L + row;
    const unit = reader.step(tables, row, stride);
    let known = 0;
    for (let i = 0; i < PATCH && reader.end + i < series.length; i++) {
      const error = (series[reader.end + i] - tables.bases[row * PATCH + i]) / unit;
      targets[at * PATCH + i] = Math.max(-MAX_DISTANCE, Math.min(MAX_DISTANCE, error));
      known += Number(!Number.isNaN(error));
    }
    weights[at] = known > 0 ? (reader.end >= normalizedAt ? 1 : EARLY_WEIGHT) : 0;
  };
  const left = () => series.length - reader.end;
  // Stretches before the last one, until enough is hidden.
  const count = Math.max(0, Math.round((HIDDEN_PART * (series.length - normalizedAt)) / PATCH / 4 - lastStretch / 4));
  const places = Array.from(
    { length: Math.min(count, 6) },
    () => normalizedAt + random.int(Math.max(1, series.length - normalizedAt)),
  );
  places.sort((x, y) => x - y);
  while (left() > 0 && step < L) {
    const next = places[0] ?? Infinity;
    if (reader.end < origin && reader.end + PATCH >= origin && lastStretch > 0) {
      advance(origin - reader.end, false);
      for (let k = 1; k < lastStretch && step < L; k++) advance(PATCH, true);
      break;
    }
    if (next <= reader.end) {
      places.shift();
      if (step + 2 > L - SPARE_STEPS) continue;
      advance(1 + random.int(Math.min(PATCH, left())), false);
      const stretch = stretchLength(random);
      for (let k = stretch; k > 0 && left() > (lastStretch + 1) * PATCH && step < L - 4; k--) advance(PATCH, true);
      continue;
    }
    advance(Math.min(PATCH, left()), false);
  }
  batch.lengths[b] = step;
}

/** Patches of a hidden stretch: short ones more often. */
function stretchLength(random: Random): number {
  return Math.min(LONGEST_STRETCH, 1 + Math.floor(-4 * Math.log(1 - random.uniform())));
}
