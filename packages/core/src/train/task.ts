/**
 * What a trainer learns: batches that resume, and the loss of each. Tokens for a language model, examples
 * for a sequence model, or whatever else a function makes of the options.
 *
 *   new Trainer(model, tokens);   new Trainer(model, examples);
 *   new Trainer(model, (options, random) => ({ next, state, restore }));
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
import type { TrainerOptions } from './trainer.ts';

/** A batch, and how its loss is computed. */
export interface Lesson {
  /** Tokens or steps: for the speed. */
  readonly steps: number;
  /** Rows go on where those of the lesson before stopped. */
  readonly carries?: boolean;
  /** The mean loss, a scalar, and the state after the last step, if it is to be carried on. */
  loss(before?: State): { loss: Tensor; state?: State };
}

export interface Task {
  next(): Promise<Lesson>;
  /** Plain JSON: where the batches stand. */
  state(): unknown;
  /** Goes on from a state(). */
  restore(state: unknown): void;
}

export type TaskMaker = (options: TrainerOptions, random: Random) => Task;
export type TrainingData = TokenStore | ExampleStore | TaskMaker;

/** The task of a model and its data. Throws where they do not belong together. */
export function taskOf(model: Model, data: TrainingData): TaskMaker {
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
      'carryState with examples, expected false: each is a sequence of its own. Leave it out.',
    );
  }
  const sampler = new ExampleSampler(data, { mode: 'shuffled', batchSize: options.batchSize, random });
  return {
    async next() {
      // A batch may have nothing to learn from; a whole pass, which two cover wherever this one began, may not.
      for (let i = 0; i < 2 * sampler.batchesPerPass; i++) {
        const batch = await sampler.next();
        const targets = targetsOf(model, batch, data.name);
        if (!hasAny(targets)) continue;
        return { steps: batch.B * batch.L, loss: () => ({ loss: model.loss(batch, targets) }) };
      }
      throw new UsageError(
        'data',
        `every label or target of ${data.name} is missing, expected at least one that counts.`,
      );
    },
    state: () => sampler.state(),
    restore: (state) => sampler.restore(state as ExampleSamplerState),
  };
}

/** Whether a label (negative: none) or a value (NaN: missing) is there to learn from. */
const hasAny = (targets: Int32Array | Float32Array): boolean =>
  targets instanceof Int32Array ? targets.some((label) => label >= 0) : !targets.every(Number.isNaN);

/** What the model is to give for a batch. */
export function targetsOf(
  { config }: SequenceModel,
  { labels, targets }: { labels?: Int32Array; targets?: Float32Array },
  name: string,
): Int32Array | Float32Array {
  const found = config.nClasses > 0 ? labels : targets;
  if (found) return found;
  throw new UsageError(
    'data',
    `${name} has no ${config.nClasses > 0 ? 'labels' : 'targets'}, which the model needs to learn.`,
  );
}
