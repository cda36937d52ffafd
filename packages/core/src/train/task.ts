/**
 * A task makes the batches of a trainer and the loss of each batch: from tokens for a language model, from examples
 * for a sequence model, or from any function.
 *
 *   new Trainer(model, tokens);
 *   new Trainer(model, examples);
 *   new Trainer(model, (options, random, model) => ({ next, state, restore }));
 */
import { ExampleSampler, type ExampleSamplerState } from '../data/exampleSampler.ts';
import type { ExampleStore } from '../data/examples.ts';
import { BatchSampler, type SamplerState } from '../data/sampler.ts';
import type { TokenStore } from '../data/store.ts';
import { UsageError } from '../errors.ts';
import type { State } from '../layers/state.ts';
import { LanguageModel } from '../models/languageModel.ts';
import type { Model } from '../models/model.ts';
import { SequenceModel } from '../models/sequenceModel.ts';
import type { Random } from '../random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { TrainerOptions } from './trainerOptions.ts';

/** A batch to train on, and how its loss is computed. */
export interface TrainingBatch {
  /** The number of tokens or steps, for the measured speed. */
  readonly steps: number;
  /** Whether each row continues the same row of the batch before. */
  readonly carries?: boolean;
  /**
   * The mean loss, a scalar, and the state after the last step if it is to be carried into the next batch.
   * `before`: the state that was carried from the batch before.
   */
  loss(before?: State): { loss: Tensor; state?: State };
}

/** An endless series of batches that can be resumed. */
export interface Task {
  next(): Promise<TrainingBatch>;
  /** Plain JSON: the position in the series. */
  state(): unknown;
  /** Continues from a state(). Throws UsageError if the state is of other data. */
  restore(state: unknown): void;
}

/** Makes the task of a model. `random` is the task's own: nothing else draws from it. */
export type TaskMaker<M extends Model = Model> = (options: TrainerOptions, random: Random, model: M) => Task;
export type TrainingData<M extends Model = Model> = TokenStore | ExampleStore | TaskMaker<M>;

/** The task of a model and its data. Throws UsageError if they do not belong together. */
export function taskOf<M extends Model>(model: M, data: TrainingData<M>): TaskMaker<M> {
  if (typeof data === 'function') return data;
  const hasTokens = 'vocabSize' in data;
  if (model instanceof LanguageModel && hasTokens)
    return (options, random) => languageTask(model, data, options, random);
  if (model instanceof SequenceModel && !hasTokens)
    return (options, random) => sequenceTask(model, data, options, random);
  throw new UsageError(
    'Trainer',
    `got ${hasTokens ? 'a store of tokens' : 'a store of examples'} for a ${model.constructor.name}, expected ` +
      'tokens for a LanguageModel, examples for a SequenceModel, or a function that makes a task.',
  );
}

function languageTask(model: LanguageModel, data: TokenStore, options: TrainerOptions, random: Random): Task {
  const { batchSize, blockSize, carryState, reverseComplement } = options;
  const mode = carryState ? 'carried' : 'random';
  const sampler = new BatchSampler(data, { mode, batchSize, blockSize, random, reverseComplement });
  return {
    async next() {
      const batch = await sampler.next();
      const { targets, documents, carries } = batch;
      return {
        steps: batch.B * batch.L,
        carries,
        loss: (state) => model.lossAndState(batch, targets, { documents, state }),
      };
    },
    state: () => sampler.state(),
    restore: (state) => sampler.restore(state as SamplerState),
  };
}

function sequenceTask(model: SequenceModel, data: ExampleStore, options: TrainerOptions, random: Random): Task {
  if (options.carryState) {
    throw new UsageError(
      'Trainer',
      'carryState is true, expected false for examples: each is a sequence of its own. Leave it out.',
    );
  }
  const sampler = new ExampleSampler(data, { mode: 'shuffled', batchSize: options.batchSize, random });
  return {
    async next() {
      // Batches without any label or target are skipped. Two passes cover all examples, wherever this call began.
      for (let i = 0; i < 2 * sampler.batchesPerPass; i++) {
        const batch = await sampler.next();
        const targets = targetsOf(model, batch, data.name);
        if (!hasAny(targets)) continue;
        return { steps: batch.B * batch.L, loss: () => ({ loss: model.loss(batch, targets) }) };
      }
      throw new UsageError(
        'data',
        `every label or target of ${data.name} is missing, expected at least one that is given.`,
      );
    },
    state: () => sampler.state(),
    restore: (state) => sampler.restore(state as ExampleSamplerState),
  };
}

/** Whether any label (negative: missing) or value (NaN: missing) is given. */
const hasAny = (targets: Int32Array | Float32Array): boolean =>
  targets instanceof Int32Array ? targets.some((label) => label >= 0) : !targets.every(Number.isNaN);

/** The labels or targets of a batch, whichever the model predicts. Throws UsageError if the data has none. */
export function targetsOf(
  { config }: SequenceModel,
  { labels, targets }: { labels?: Int32Array; targets?: Float32Array },
  name: string,
): Int32Array | Float32Array {
  const found = config.nClasses > 0 ? labels : targets;
  if (found) return found;
  throw new UsageError(
    'data',
    `${name} has no ${config.nClasses > 0 ? 'labels' : 'targets'}, expected them: the model learns from them.`,
  );
}
