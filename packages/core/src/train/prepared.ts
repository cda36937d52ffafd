/** What a run needs from its task: the model, the data and the evaluation. */
import type { Model } from '../models/model.ts';
import type { Backend } from '../tensor/backend.ts';
import type { Evaluation } from './evaluate.ts';
import type { SequenceEvaluation } from './evaluateSequence.ts';
import type { RunConfig, TrainOptions } from './options.ts';
import type { RunFolder } from './runFolder.ts';
import type { TrainingData } from './task.ts';

export interface RunSetup {
  folder: RunFolder;
  config: RunConfig;
  /** The options of the config, with data as a path. */
  options: TrainOptions;
  resume: boolean;
}

export interface Prepared<M extends Model, E extends Evaluation | SequenceEvaluation> {
  /** The model without values. */
  declare(): M;
  create(backend: Backend, seed: number): Promise<M>;
  load(path: string, backend: Backend): Promise<M>;
  readonly data: TrainingData;
  /** The maximum number of steps in a row of a batch. */
  readonly steps: number;
  /** Steps of the longest sequence that is read with a carried state; at least `steps`. */
  readonly longest: number;
  readonly sizes: { trainTokens: number; validationTokens: number; unit: 'tokens' | 'examples' };
  /** JSON files that belong to the model: tokenizer.json, examples.json. */
  readonly files: Readonly<Record<string, unknown>>;
  /** Measures the model on at most this many batches of the validation data. */
  evaluate(model: M, batches: number): Promise<E>;
  close(): Promise<void>;
}
