/**
 * Synthetic series as a source of training batches. Import this file dynamically: it loads the catalogue of priors,
 * which only a run that mixes in synthetic series needs.
 */
import type { Random } from '@mamba-ts/core/random';
import { Normalization } from '../model/normalization.ts';
import { sampleSeries } from '../synthetic/catalogue.ts';
import { between, chance } from '../synthetic/draw.ts';
import type { SeriesSource } from './seriesSource.ts';
import { batchStream, drawBatch, type TrainingSteps } from './trainingBatch.ts';

/** How often a series changes permanently at some moment, without any sign before. */
const BREAK_CHANCE = 0.15;

/** A series of the catalogue, which may have a break. */
export const syntheticSeries: SeriesSource = (random, length) => {
  const series = sampleSeries(random, length);
  if (!chance(random, BREAK_CHANCE)) return series;
  const values = Float64Array.from(series.values);
  addBreak(random, values);
  return { ...series, values };
};

/** Batch `index` of the synthetic run with this seed. */
export const syntheticBatch = (seed: number, budget: number, index: number): TrainingSteps =>
  drawBatch(batchStream(seed, index), budget, syntheticSeries);

/** Changes the level or the slope from some moment on: forecasts have to allow for such breaks. */
function addBreak(random: Random, series: Float64Array): void {
  const { location, scale, minimum } = new Normalization(series, [1]);
  const from = Math.floor(series.length * between(random, 0.2, 1));
  const size = scale * 0.5 * random.normal();
  const isStep = chance(random, 0.5);
  const left = Math.max(1, series.length - from);
  // A series that was never negative stays so.
  const floor = minimum >= 0 && location > 0 ? 0 : -Infinity;
  for (let t = from; t < series.length; t++) {
    series[t] = Math.max(floor, series[t] + size * (isStep ? 1 : (2 * (t - from)) / left));
  }
}
