/** Runs the network: several series from their start at a time, or one series from a carried state. */

import type { State } from '@mamba-ts/core/layers';
import type { SequenceModel } from '@mamba-ts/core/models';
import { enter } from '@mamba-ts/core/tensor';
import { GRID } from '../quantiles.ts';
import { CALIBRATION_STEPS } from './intervalCalibration.ts';
import { forwardSteps, type StepBatch } from './network.ts';
import { CANDIDATES, FEATURES } from './patchFeatures.ts';
import type { Reading } from './reading.ts';
import type { EncoderSteps, SeriesEncoder } from './seriesEncoder.ts';
import { PATCH } from './window.ts';

/** Quantiles of one value ahead, at the probabilities of GRID. */
export type Quantiles = Float64Array;

/** A reading that is ready to be forecast. */
export interface EncodedReading {
  readonly reading: Reading;
  /** The last steps forecast the horizon; those before were read for the first time. */
  readonly steps: EncoderSteps;
}

/** Reads steps into the state of the encoder, and records their forecasts for its calibration. */
export function advance(model: SequenceModel, encoder: SeriesEncoder, steps: EncoderSteps): void {
  const previous = encoder.state;
  const batch = batchOf([steps]);
  const outputs = enter(() => {
    const { quantiles, state } = forwardSteps(model, batch, previous);
    encoder.state = state.keep();
    return quantiles.read();
  });
  previous?.dispose();
  record(encoder, steps, steps.count, outputs);
}

/**
 * The quantiles of the `horizon` values after each reading, its season added. The network starts from `state` or from
 * the beginning.
 */
export function predict(
  model: SequenceModel,
  readings: readonly EncodedReading[],
  horizon: number,
  state?: State,
): Quantiles[][] {
  const varying = readings.filter(({ reading }) => !reading.encoder.isConstant);
  const rows = varying.length > 0 ? predictVarying(model, varying, horizon, state).values() : [].values();
  return readings.map(({ reading }) => {
    const { encoder, plan } = reading;
    const season = plan.view.season(horizon);
    const quantiles = encoder.isConstant ? constant(encoder.location, horizon) : (rows.next().value as Quantiles[]);
    return quantiles.map((step, t) => step.map((value) => (value + season[t]) / plan.factor));
  });
}

function predictVarying(
  model: SequenceModel,
  readings: readonly EncodedReading[],
  horizon: number,
  state?: State,
): Quantiles[][] {
  const patches = Math.ceil(horizon / PATCH);
  const batch = batchOf(readings.map(({ steps }) => steps));
  const outputs = enter(() => forwardSteps(model, batch, state).quantiles.read());
  const rowSize = batch.L * GRID.length * PATCH;
  return readings.map(({ reading: { encoder, window }, steps }, b) => {
    const row = outputs.subarray(b * rowSize, (b + 1) * rowSize);
    const read = steps.count - patches;
    record(encoder, steps, read, row);
    const width = encoder.width(window);
    return Array.from({ length: horizon }, (_, t) => {
      const quantileOf = quantilesOf(steps, read + Math.floor(t / PATCH), row);
      const median = quantileOf(MEDIAN, t % PATCH);
      const step = new Float64Array(GRID.length);
      for (let level = 0; level < step.length; level++) {
        step[level] = median + width * (quantileOf(level, t % PATCH) - median);
      }
      return step;
    });
  });
}

/** Quantiles of a series whose values are all equal, or that has a single one: it stays so. */
const constant = (value: number, horizon: number): Quantiles[] =>
  Array.from({ length: horizon }, () => new Float64Array(GRID.length).fill(value));

const MEDIAN = GRID.indexOf(0.5);

/** Records the forecasts of the first `count` steps, as many of the last as calibration uses. */
function record(encoder: SeriesEncoder, steps: EncoderSteps, count: number, outputs: Float32Array): void {
  for (let k = Math.max(0, count - CALIBRATION_STEPS); k < count; k++) {
    encoder.calibration.add(steps.ends[k], quantilesOf(steps, k, outputs));
  }
}

/** The quantiles of step k as values. outputs: (L, GRID, PATCH), in units, relative to the base. */
function quantilesOf({ bases, units }: EncoderSteps, k: number, outputs: Float32Array) {
  const start = k * GRID.length * PATCH;
  return (level: number, i: number): number => bases[k * PATCH + i] + units[k] * outputs[start + level * PATCH + i];
}

function batchOf(series: readonly EncoderSteps[]): StepBatch {
  const B = series.length;
  const L = Math.max(...series.map(({ count }) => count));
  const features = new Float32Array(B * L * FEATURES);
  const candidates = new Float32Array(B * L * CANDIDATES * PATCH);
  series.forEach((steps, b) => {
    features.set(steps.features, b * L * FEATURES);
    candidates.set(steps.candidates, b * L * CANDIDATES * PATCH);
  });
  return { B, L, lengths: Int32Array.from(series, ({ count }) => count), features, candidates };
}
