/** Runs the network: several series from their start at a time, or one series from a carried state. */

import type { State } from '@mamba-ts/core/layers';
import type { SequenceModel } from '@mamba-ts/core/models';
import { enter } from '@mamba-ts/core/tensor';
import { GRID } from '../quantiles.ts';
import { CALIBRATION_STEPS } from './intervalCalibration.ts';
import { forwardSteps, type StepBatch } from './network.ts';
import { CANDIDATES, FEATURES } from './patchFeatures.ts';
import type { EncoderSteps, SeriesEncoder } from './seriesEncoder.ts';
import { PATCH } from './window.ts';

/** Quantiles of one value ahead, at the probabilities of GRID. */
export type Quantiles = Float64Array;

/** A series that is ready to be forecast. */
export interface EncodedSeries {
  encoder: SeriesEncoder;
  /** The last steps forecast the horizon; those before were read for the first time. */
  steps: EncoderSteps;
  /** The values so far. */
  window: Float64Array;
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

/** The quantiles of the `horizon` values after each series, which starts from `state` or from its beginning. */
export function predict(
  model: SequenceModel,
  series: readonly EncodedSeries[],
  horizon: number,
  state?: State,
): Quantiles[][] {
  const patches = Math.ceil(horizon / PATCH);
  const batch = batchOf(series.map(({ steps }) => steps));
  const outputs = enter(() => forwardSteps(model, batch, state).quantiles.read());
  const rowSize = batch.L * GRID.length * PATCH;
  return series.map(({ encoder, steps, window }, b) => {
    const row = outputs.subarray(b * rowSize, (b + 1) * rowSize);
    const read = steps.count - patches;
    record(encoder, steps, read, row);
    const width = encoder.width(window);
    return Array.from({ length: horizon }, (_, t) => {
      const quantileOf = quantilesOf(steps, read + Math.floor(t / PATCH), row);
      const median = quantileOf(MEDIAN, t % PATCH);
      return Float64Array.from(GRID, (_, level) => median + width * (quantileOf(level, t % PATCH) - median));
    });
  });
}

/** The mean of several forecasts of one series, quantile by quantile. */
export const meanOfForecasts = (forecasts: readonly Quantiles[][]): Quantiles[] =>
  forecasts.length === 1
    ? forecasts[0]
    : forecasts[0].map((step, t) =>
        step.map((_, level) => forecasts.reduce((sum, forecast) => sum + forecast[t][level], 0) / forecasts.length),
      );

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
