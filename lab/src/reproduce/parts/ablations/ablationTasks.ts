/** The tasks of the ablations: a text, and synthetic rows that are drawn for each update. A lower loss is better. */
import type { Model } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import type { ValuesOf } from '@mamba-ts/core/schema';
import { scope, type Tensor } from '@mamba-ts/core/tensor';
import { recall, recallVocab } from '../../../tasks/recall.ts';
import { timescales } from '../../../tasks/timescales.ts';
import type { RunContext } from '../../experiment.ts';
import { countField, namesField, rateField, seedsField } from '../../settings.ts';
import { bitsPerByte, openText } from '../corpus.ts';
import { drawnTask } from '../drawnTask.ts';
import { type Learned, learn } from '../learn.ts';
import { type Config, newModel, newSequenceModel } from '../models.ts';

/** Sizes of the models and of their training. */
interface AblationDefaults {
  nLayer: number;
  dState: number;
  learningRate: number;
  /** Language: width, updates, rows of an update and characters of a row. */
  dModel: number;
  updates: number;
  batchSize: number;
  length: number;
  /** The same for synthetic rows; the channels of a mixer in widths; rows of the test. */
  drawnModel: number;
  drawnExpand: number;
  drawnUpdates: number;
  drawnRows: number;
  drawnLength: number;
  testRows: number;
  /** Recall: keys, and values that a key may have. */
  keys: number;
  values: number;
}

/** The settings that all ablations have. */
export const ablationFields = (tasks: readonly TaskName[], seeds: readonly number[], defaults: AblationDefaults) => ({
  tasks: namesField(ablationTasks, tasks),
  seeds: seedsField(seeds),
  nLayer: countField(defaults.nLayer),
  dState: countField(defaults.dState),
  learningRate: rateField(defaults.learningRate),
  dModel: countField(defaults.dModel),
  updates: countField(defaults.updates),
  batchSize: countField(defaults.batchSize),
  length: countField(defaults.length),
  drawnModel: countField(defaults.drawnModel),
  drawnExpand: countField(defaults.drawnExpand),
  drawnUpdates: countField(defaults.drawnUpdates),
  drawnRows: countField(defaults.drawnRows),
  drawnLength: countField(defaults.drawnLength),
  testRows: countField(defaults.testRows),
  keys: countField(defaults.keys),
  values: countField(defaults.values),
});

export type AblationFields = ReturnType<typeof ablationFields>;

export interface AblationSettings extends ValuesOf<AblationFields> {
  /** Layers of the models of language. Default: nLayer. */
  textLayers?: number;
}

/** The sizes that full runs share. */
export const fullSizes = {
  nLayer: 2,
  dState: 16,
  learningRate: 5e-3,
  dModel: 64,
  updates: 1800,
  batchSize: 4,
  length: 256,
  drawnModel: 24,
  drawnExpand: 1,
  drawnUpdates: 6000,
  drawnRows: 16,
  drawnLength: 64,
  testRows: 1024,
  keys: 12,
  values: 8,
};

/** A tiny model and few updates, for quick runs. */
export const quickSizes = {
  dModel: 24,
  nLayer: 1,
  dState: 8,
  learningRate: 1e-2,
  updates: 60,
  batchSize: 8,
  length: 128,
  drawnUpdates: 500,
  drawnRows: 16,
  drawnLength: 32,
  testRows: 256,
  keys: 2,
  values: 4,
  drawnModel: 24,
  drawnExpand: 2,
};

/** What a run gives. */
export interface Ablated {
  /** On held-out data, in the unit of the task. */
  loss: number;
  parameters: number;
  /** The mean training loss since the point before, in nats or squares. */
  curve: { iter: number; loss: number }[];
}

export interface AblationTask {
  readonly name: string;
  readonly unit: string;
  /** The keys of the model's config that the task sets. */
  shape(settings: AblationSettings): Config;
  run(context: RunContext, config: Config, settings: AblationSettings, seed: number): Promise<Ablated>;
}

/** Different characters of the plays. */
const CHARACTERS = 65;
/** The part of the events of recall that are noise. */
const NOISE = 0.4;
/** The time scales τ of the sums, in steps. */
const SCALES = [2, 6, 18, 54];
/** No training rows have this seed. */
const TEST_SEED = 20_231_201;
/** Test rows of one call. */
const TEST_ROWS_PER_CALL = 64;

const sizes = ({ nLayer, dState }: AblationSettings) => ({ model: 'mamba', nLayer, dState });
const drawnSizes = ({ drawnModel, drawnExpand }: AblationSettings) => ({ dModel: drawnModel, expand: drawnExpand });

const scheduleOf = (updates: number, { learningRate }: AblationSettings, seed: number) => ({
  maxIters: updates,
  learningRate,
  minLearningRate: learningRate / 20,
  warmupIters: Math.ceil(updates / 20),
  seed,
});

const thin = (curve: Learned['curve']): Ablated['curve'] =>
  curve.map(({ iter, loss }) => ({ iter, loss: Number(loss.toPrecision(5)) }));

/** Trains a model on the plays; the loss is in bits per byte of their last tenth. */
async function learnText(
  context: RunContext,
  config: Config,
  settings: AblationSettings,
  seed: number,
): Promise<Ablated> {
  const text = await openText(context);
  const { updates, batchSize, length } = settings;
  const model = await newModel({ ...sizes(settings), ...config }, context, seed);
  const { curve } = await learn(context, {
    model,
    data: text.train,
    options: { ...scheduleOf(updates, settings, seed), batchSize, blockSize: length },
    evalEvery: Math.ceil(updates / 20),
    share: [0, 0.97],
  });
  return {
    loss: await bitsPerByte(model, text, length),
    parameters: model.tree.count(),
    curve: thin(curve),
  };
}

/** Trains on drawn rows, whose loss `draw` gives; the test is the mean loss of other rows. */
async function learnDrawn<M extends Model>(
  context: RunContext,
  model: M,
  settings: AblationSettings,
  seed: number,
  draw: (model: M, random: Random, B: number) => () => Tensor,
): Promise<Ablated> {
  const { drawnUpdates, drawnRows, drawnLength, testRows } = settings;
  const data = drawnTask((random) => ({ steps: drawnRows * drawnLength, loss: draw(model, random, drawnRows) }));
  const { curve } = await learn(context, {
    model,
    data,
    options: { ...scheduleOf(drawnUpdates, settings, seed), weightDecay: 0 },
    evalEvery: Math.ceil(drawnUpdates / 20),
    share: [0, 0.97],
  });
  const random = new Random(TEST_SEED);
  let loss = 0;
  for (let done = 0; done < testRows; done += TEST_ROWS_PER_CALL) {
    const B = Math.min(TEST_ROWS_PER_CALL, testRows - done);
    const test = draw(model, random, B);
    loss += (B / testRows) * scope(() => test().read()[0]);
  }
  return { loss, parameters: model.tree.count(), curve: thin(curve) };
}

const recallTask = (name: string, overwrites: boolean): AblationTask => ({
  name,
  unit: 'bits per answer',
  shape: (settings) => ({ vocabSize: recallVocab(settings), tieEmbeddings: false, ...drawnSizes(settings) }),
  async run(context, config, settings, seed) {
    const { keys, values, drawnLength: L } = settings;
    const model = await newModel({ ...sizes(settings), ...config }, context, seed);
    const learned = await learnDrawn(context, model, settings, seed, (learner, random, B) => {
      const batch = recall(random, { B, L, keys, values, overwrites, noise: NOISE });
      return () => learner.loss(batch, batch.targets);
    });
    return { ...learned, loss: learned.loss / Math.LN2 };
  },
});

export type TaskName = 'language' | 'recall' | 'overwriting' | 'timescales';

export const ablationTasks: Readonly<Record<TaskName, AblationTask>> = {
  language: {
    name: 'language',
    unit: 'bits per byte',
    shape: ({ dModel, nLayer, textLayers = nLayer }) => ({ vocabSize: CHARACTERS, dModel, nLayer: textLayers }),
    run: learnText,
  },
  recall: recallTask('recall', false),
  overwriting: recallTask('recall with overwriting', true),
  timescales: {
    name: 'time scales',
    unit: '% of the variance',
    shape: (settings) => ({
      dInput: 1 + SCALES.length,
      nTargets: SCALES.length,
      output: 'step',
      ...drawnSizes(settings),
    }),
    async run(context, config, settings, seed) {
      const model = await newSequenceModel({ ...sizes(settings), ...config }, context, seed);
      const learned = await learnDrawn(context, model, settings, seed, (learner, random, B) => {
        const batch = timescales(random, { B, L: settings.drawnLength, scales: SCALES });
        return () => learner.loss(batch, batch.targets);
      });
      return { ...learned, loss: 100 * learned.loss };
    },
  },
};
