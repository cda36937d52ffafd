/** What the ablations learn: a text, and tasks whose rows are drawn anew for every update. Lower losses are better. */
import { UsageError } from '@mamba-ts/core/errors';
import { createModel, createSequenceModel, type Model } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import { scope, type Tensor } from '@mamba-ts/core/tensor';
import { recall, recallVocab } from '../../../tasks/recall.ts';
import { timescales } from '../../../tasks/timescales.ts';
import type { RunContext, Settings } from '../../experiment.ts';
import { bitsPerByte, openText } from '../corpus.ts';
import { fresh } from '../drawn.ts';
import { type Learned, learn } from '../learn.ts';

export interface TaskSettings extends Settings {
  tasks: readonly string[];
  seeds: readonly number[];
  /** Layers; where there is `textLayers`, too, those of language are so many. */
  nLayer: number;
  dState: number;
  learningRate: number;
  /** Language: width, updates, rows of each, and characters of a row. */
  dModel: number;
  updates: number;
  batchSize: number;
  length: number;
  /** The same of what is drawn, the channels of a mixer in widths, and rows of the test. */
  drawnModel: number;
  drawnExpand: number;
  drawnUpdates: number;
  drawnRows: number;
  drawnLength: number;
  testRows: number;
  /** Recall: keys, and values that one may have. */
  keys: number;
  values: number;
}

/** Of quick runs: a tiny model, few updates. */
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
  /** On data that nothing was chosen by, in the unit of the task. */
  loss: number;
  parameters: number;
  /** The mean loss of training between two updates, in nats or squares. */
  curve: { iter: number; loss: number }[];
}

type Config = Readonly<Record<string, unknown>>;

export interface AblationTask {
  readonly name: string;
  readonly unit: string;
  /** Keys of the model that the task decides. */
  shape(settings: TaskSettings): Config;
  run(context: RunContext, config: Config, settings: TaskSettings, seed: number): Promise<Ablated>;
}

/** Of the plays: a character is a byte. */
const CHARACTERS = 65;
/** Of the events of recall. */
const NOISE = 0.4;
/** Sums of several time scales: τ, in steps. */
const SCALES = [2, 6, 18, 54];
/** Nobody learns from rows of this seed. */
const TEST_SEED = 20_231_201;
const TEST_ROWS = 64;

const sizes = ({ nLayer, dState }: TaskSettings) => ({ model: 'mamba', nLayer, dState });
const drawnSizes = ({ drawnModel, drawnExpand }: TaskSettings) => ({ dModel: drawnModel, expand: drawnExpand });

const scheduleOf = (updates: number, { learningRate }: TaskSettings, seed: number) => ({
  maxIters: updates,
  learningRate,
  minLearningRate: learningRate / 20,
  warmupIters: Math.ceil(updates / 20),
  seed,
});

const thin = (curve: Learned['curve']): Ablated['curve'] =>
  curve.map(({ iter, loss }) => ({ iter, loss: Number(loss.toPrecision(5)) }));

/** A model of the plays, and its bits a byte on their last tenth. */
async function learnText(context: RunContext, config: Config, settings: TaskSettings, seed: number): Promise<Ablated> {
  const text = await openText(context);
  const { updates, batchSize, length } = settings;
  const model = await createModel({ ...sizes(settings), ...config }, { backend: context.backend, seed });
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

/** `draw` gives the loss of rows; the test is the mean over rows that nobody learns from. */
async function learnDrawn<M extends Model>(
  context: RunContext,
  model: M,
  settings: TaskSettings,
  seed: number,
  draw: (model: M, random: Random, B: number) => () => Tensor,
): Promise<Ablated> {
  const { drawnUpdates, drawnRows, drawnLength, testRows } = settings;
  const data = fresh((random) => ({ steps: drawnRows * drawnLength, loss: draw(model, random, drawnRows) }));
  const { curve } = await learn(context, {
    model,
    data,
    options: { ...scheduleOf(drawnUpdates, settings, seed), weightDecay: 0 },
    evalEvery: Math.ceil(drawnUpdates / 20),
    share: [0, 0.97],
  });
  const random = new Random(TEST_SEED);
  let loss = 0;
  for (let done = 0; done < testRows; done += TEST_ROWS) {
    const B = Math.min(TEST_ROWS, testRows - done);
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
    const model = await createModel({ ...sizes(settings), ...config }, { backend: context.backend, seed });
    const learnt = await learnDrawn(context, model, settings, seed, (learner, random, B) => {
      const batch = recall(random, { B, L, keys, values, overwrites, noise: NOISE });
      return () => learner.loss(batch, batch.targets);
    });
    return { ...learnt, loss: learnt.loss / Math.LN2 };
  },
});

export const tasks: Readonly<Record<string, AblationTask>> = {
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
      const model = await createSequenceModel({ ...sizes(settings), ...config }, { backend: context.backend, seed });
      const learnt = await learnDrawn(context, model, settings, seed, (learner, random, B) => {
        const batch = timescales(random, { B, L: settings.drawnLength, scales: SCALES });
        return () => learner.loss(batch, batch.targets);
      });
      return { ...learnt, loss: 100 * learnt.loss };
    },
  },
};

/** Refuses tasks that there are not. */
export function requireTasks(experiment: string, settings: TaskSettings): void {
  const stranger = settings.tasks.find((task) => !Object.hasOwn(tasks, task));
  if (stranger !== undefined || settings.tasks.length === 0) {
    throw new UsageError(
      experiment,
      `tasks has ${stranger === undefined ? 'nothing' : `'${stranger}'`}, expected some of ${Object.keys(tasks).join(', ')}.`,
    );
  }
}
