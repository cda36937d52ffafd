/** From steps to quantiles of values: rows of several series at once, or one series from a carried state. */

import type { State } from '@mamba-ts/core/layers';
import type { SequenceModel } from '@mamba-ts/core/models';
import { enter } from '@mamba-ts/core/tensor';
import { GRID } from '../quantiles.ts';
import { KEPT } from './intervalCalibration.ts';
import { forwardSteps, type Steps } from './network.ts';
import { CANDIDATES, FEATURES } from './patchFeatures.ts';
import type { StepList, Track } from './seriesEncoder.ts';
import { PATCH } from './window.ts';

/** Quantiles (GRID) of one value ahead. */
export type Quantiles = Float64Array;

/** Reads the steps of a list on: the track remembers the state behind them, and what they said. */
export function carry(model: SequenceModel, track: Track, list: StepList): void {
  const before = track.state;
  const steps = rowsOf([list]);
  const said = enter(() => {
    const { quantiles, state } = forwardSteps(model, steps, before);
    track.state = state.keep();
    return quantiles.read();
  });
  before?.dispose();
  remember(track, list, said, 0, list.count);
}

/**
 * Of each track, quantiles of the `horizon` values behind `window`, its values so far. The last steps of its list
 * forecast them; those before were read for the first time.
 */
export function predict(model: SequenceModel, rows: readonly Row[], horizon: number, state?: State): Quantiles[][] {
  const patches = Math.ceil(horizon / PATCH);
  const steps = rowsOf(rows.map(({ list }) => list));
  const said = enter(() => forwardSteps(model, steps, state).quantiles.read());
  return rows.map(({ track, list, window }, b) => {
    const from = b * steps.L;
    remember(track, list, said, from, list.count - patches);
    const width = track.width(window);
    return Array.from({ length: horizon }, (_, t) => {
      const step = list.count - patches + Math.floor(t / PATCH);
      const quantileOf = quantilesOf(list, said, from, step);
      const median = quantileOf(MEDIAN, t % PATCH);
      return Float64Array.from(GRID, (_, level) => median + width * (quantileOf(level, t % PATCH) - median));
    });
  });
}

export interface Row {
  track: Track;
  list: StepList;
  window: Float64Array;
}

const MEDIAN = GRID.indexOf(0.5);

/** What the first `count` steps of a list said; of many, the last. */
function remember(track: Track, list: StepList, said: Float32Array, from: number, count: number): void {
  for (let step = Math.max(0, count - KEPT); step < count; step++)
    track.hindsight.add(list.ends[step], quantilesOf(list, said, from, step));
}

/** The quantiles of one step as values. said: (B · L, GRID, PATCH) in units from the base. */
function quantilesOf(list: StepList, said: Float32Array, from: number, step: number) {
  const at = (from + step) * GRID.length * PATCH;
  return (level: number, i: number): number =>
    list.bases[step * PATCH + i] + list.units[step] * said[at + level * PATCH + i];
}

function rowsOf(lists: readonly StepList[]): Steps {
  const B = lists.length;
  const L = Math.max(...lists.map(({ count }) => count));
  const features = new Float32Array(B * L * FEATURES);
  const candidates = new Float32Array(B * L * CANDIDATES * PATCH);
  lists.forEach((list, b) => {
    features.set(list.features, b * L * FEATURES);
    candidates.set(list.candidates, b * L * CANDIDATES * PATCH);
  });
  return { B, L, lengths: Int32Array.from(lists, ({ count }) => count), features, candidates };
}
