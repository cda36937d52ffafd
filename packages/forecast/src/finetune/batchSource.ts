/** The batches of a run by their number, so that a resumed run gets the same ones. */
import type { SeriesSource } from './seriesSource.ts';
import { batchStream, drawBatch, type TrainingSteps } from './trainingBatch.ts';

/** Batch `index` of a run. */
export type BatchSource = (index: number) => Promise<TrainingSteps>;

/** Synthetic series. Their priors are loaded by the first call. */
export const loadSyntheticSeries = async (): Promise<SeriesSource> =>
  (await import('./syntheticSeries.ts')).syntheticSeries;

/** Batches of about `budget` steps from a source, of which the part `synthetic` is of synthetic series instead. */
export const mixedBatches =
  (source: SeriesSource, seed: number, budget: number, synthetic: number): BatchSource =>
  async (index) => {
    const random = batchStream(seed, index);
    const isSynthetic = random.uniform() < synthetic;
    return drawBatch(random, budget, isSynthetic ? await loadSyntheticSeries() : source);
  };
