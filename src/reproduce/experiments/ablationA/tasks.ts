/** The tasks of the ablation of A, and a run of one of them. */
import { createModel, createSequenceModel } from '../../../models/checkpoint.ts';
import { Random, type RandomState } from '../../../random.ts';
import { copying } from '../../../tasks/copying.ts';
import { timescales } from '../../../tasks/timescales.ts';
import { scope } from '../../../tensor/scope.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { TaskMaker } from '../../../train/task.ts';
import { drawn } from '../../drawn.ts';
import type { RunContext } from '../../experiment.ts';
import { learn } from '../../learn.ts';
import { type Ablated, learnText, type LearningSettings, thin, trainingOptions } from '../ablations.ts';

export interface TaskSettings extends LearningSettings {
  /** Selective copying: steps before the questions, and symbols. */
  context: number;
  symbols: number;
  /** Updates and rows of an update, of what is drawn anew for each. */
  drawnUpdates: number;
  drawnRows: number;
  /** Sums of several time scales: τ, in steps. */
  scales: readonly number[];
  /** Rows of the tests of these. */
  testRows: number;
}

type Config = Readonly<Record<string, unknown>>;

export interface AblationTask {
  readonly name: string;
  readonly unit: string;
  /** Keys of the model that the task decides. */
  shape(settings: TaskSettings): Config;
  run(context: RunContext, config: Config, settings: TaskSettings, seed: number): Promise<Ablated>;
}

/** Noise, question and symbols. */
const VOCAB = 10;
/** Nobody learns from rows of this seed. */
const TEST_SEED = 20_231_201;

const sizes = ({ dModel, nLayer, dState }: TaskSettings) => ({ model: 'mamba', dModel, nLayer, dState });

const optionsOf = (settings: TaskSettings, seed: number) =>
  ({ ...trainingOptions({ ...settings, updates: settings.drawnUpdates }, seed), weightDecay: 0 }) as const;

/** The mean over batches of rows that nobody learns from. */
function testLoss(rows: number, loss: (random: Random, B: number) => Tensor): number {
  const random = new Random(TEST_SEED);
  let sum = 0;
  for (let done = 0; done < rows; done += 64) {
    const B = Math.min(64, rows - done);
    sum += B * scope(() => loss(random, B).read()[0]);
  }
  return sum / rows;
}

async function runCopying(context: RunContext, config: Config, settings: TaskSettings, seed: number): Promise<Ablated> {
  const { drawnUpdates, drawnRows, testRows } = settings;
  const model = await createModel(
    { ...sizes(settings), ...copyingShape, ...config },
    { backend: context.backend, seed },
  );
  const rows = { context: settings.context, symbols: settings.symbols, vocab: VOCAB, selective: true };
  const { curve } = await learn(context, {
    model,
    data: drawn(model, (random) => copying(random, { B: drawnRows, ...rows })),
    options: optionsOf(settings, seed),
    evalEvery: Math.ceil(drawnUpdates / 20),
  });
  const nats = testLoss(testRows, (random, B) => {
    const batch = copying(random, { B, ...rows });
    return model.loss(batch, batch.targets);
  });
  return { loss: nats / Math.LN2, parameters: model.tree.count(), curve: thin(curve) };
}

const copyingShape = { vocabSize: VOCAB, tieEmbeddings: false };
const timescalesShape = ({ scales }: TaskSettings) => ({
  dInput: 1 + scales.length,
  nTargets: scales.length,
  output: 'step',
});

async function runTimescales(
  context: RunContext,
  config: Config,
  settings: TaskSettings,
  seed: number,
): Promise<Ablated> {
  const { drawnUpdates, drawnRows, scales, length, testRows } = settings;
  const model = await createSequenceModel(
    { ...sizes(settings), ...timescalesShape(settings), ...config },
    { backend: context.backend, seed },
  );
  const lossOf = (random: Random, B: number) => {
    const batch = timescales(random, { B, L: length, scales });
    return () => model.loss(batch, batch.targets);
  };
  const data: TaskMaker = (_, random) => ({
    async next() {
      const loss = lossOf(random, drawnRows);
      return { steps: drawnRows * length, loss: () => ({ loss: loss() }) };
    },
    state: () => random.state(),
    restore: (state) => random.restore(state as RandomState),
  });
  const { curve } = await learn(context, {
    model,
    data,
    options: optionsOf(settings, seed),
    evalEvery: Math.ceil(drawnUpdates / 20),
  });
  const loss = testLoss(testRows, (random, B) => lossOf(random, B)());
  return { loss: 100 * loss, parameters: model.tree.count(), curve: thin(curve) };
}

export const tasks: Readonly<Record<string, AblationTask>> = {
  language: {
    name: 'language',
    unit: 'bits per byte',
    shape: () => ({ vocabSize: 65 }),
    run: learnText,
  },
  copying: {
    name: 'selective copying',
    unit: 'bits per symbol',
    shape: () => copyingShape,
    run: runCopying,
  },
  timescales: {
    name: 'sums of several time scales',
    unit: '% of the variance',
    shape: timescalesShape,
    run: runTimescales,
  },
};
