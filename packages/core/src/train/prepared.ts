/** What a run needs to know of its task: the model, the data, and how it is measured. */
import type { Model } from '../models/model.ts';
import type { Backend } from '../tensor/backend.ts';
import type { RunConfig, TrainOptions } from './options.ts';
import type { RunFolder } from './runFolder.ts';
import type { TrainingData } from './task.ts';

export interface RunSetup {
  folder: RunFolder;
  config: RunConfig;
  /** Those of the config; data is a path. */
  options: TrainOptions;
  resume: boolean;
}

export interface Prepared<M extends Model, E extends { loss: number }> {
  /** The model without values. */
  declare(): M;
  create(backend: Backend, seed: number): Promise<M>;
  load(path: string, backend: Backend): Promise<M>;
  readonly data: TrainingData;
  /** Steps of a row of a batch, at most. */
  readonly steps: number;
  /** Steps of the longest sequence that is read on and on, at least `steps`. */
  readonly longest: number;
  readonly sizes: { trainTokens: number; validationTokens: number; unit: 'tokens' | 'examples' };
  /** JSON files that belong to the model: tokenizer.json, examples.json. */
  readonly files: Readonly<Record<string, unknown>>;
  evaluate(model: M, batches: number): Promise<E>;
  close(): Promise<void>;
}
