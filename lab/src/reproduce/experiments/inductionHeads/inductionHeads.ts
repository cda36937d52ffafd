/** Recall of what followed a special token, up to a million steps ago, by models that were trained on rows of 256. */
import { UsageError } from '@mamba-ts/core/errors';
import { Random } from '@mamba-ts/core/random';
import { field, type ValuesOf } from '@mamba-ts/core/schema';
import { inductionHeads as inductionTask } from '../../../tasks/inductionHeads.ts';
import { requireCount } from '../../../tasks/tokens.ts';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { accuracy, drawnTokenTask } from '../../parts/drawnTask.ts';
import { learn } from '../../parts/learn.ts';
import { newModel } from '../../parts/models.ts';
import { countField, namesField, rateField, seedsField } from '../../settings.ts';
import { type InductionResult, type InductionVariant, inductionModels, LAYERS } from './inductionModels.ts';
import { inductionReport } from './inductionReport.ts';
import { FIRST_QUESTION, recallTest } from './recallTest.ts';

/** Adam's epsilon, below the gradients of mastered rows: these still sharpen what must hold for longer. */
const ADAM_EPSILON = 1e-14;
/** The part of the updates in which rows are of any length. */
const MIXED_PART = 0.5;
/** Steps of the shortest training rows. */
const SHORTEST = 8;
/** Tokens of one call while test rows are read. */
const TOKENS_PER_CALL = 2 ** 14;
/** Test rows that attention reads in one call. */
const ATTENTION_ROWS = 16;

const fields = {
  variants: namesField(inductionModels, ['mamba', 'h3', 'rope']),
  seeds: seedsField([11, 12, 13]),
  /** Steps of the longest training rows. */
  train: countField(256, 2 * SHORTEST),
  /** Steps of the longest test rows, and of the longest that attention reads. */
  longest: countField(2 ** 20),
  longestAttention: countField(2 ** 13),
  /** Test rows, each read to the longest length. */
  rows: countField(64),
  vocab: countField(16),
  dModel: countField(64),
  dState: countField(8),
  updates: countField(4000),
  updatesAttention: countField(4000),
  /** Of an update. */
  tokens: countField(2048),
  learningRate: rateField(3e-3),
  weightDecay: field.number({ min: 0, default: 0 }),
};

type InductionSettings = ValuesOf<typeof fields>;

export const inductionHeads = defineExperiment({
  name: 'induction-heads',
  fields,
  quick: {
    ...{ variants: ['mamba', 'rope'], seeds: [1], train: 64, longest: 2 ** 12, longestAttention: 2 ** 9, rows: 32 },
    ...{ vocab: 8, dModel: 32, updates: 150, updatesAttention: 150, learningRate: 5e-3 },
  },
  variants(settings): InductionVariant[] {
    requireLengths(settings);
    return settings.variants.flatMap((model) => settings.seeds.map((seed) => ({ model, seed })));
  },
  id: ({ model, seed }) => `${model}-seed${seed}`,
  label: ({ model, seed }) => `${inductionModels[model].name}, seed ${seed}`,
  work: ({ model }) => (inductionModels[model].recurrent ? 2 : 1),
  /** The activations of one call, and the cache of attention. */
  bytes({ dModel, longestAttention, variants }) {
    const cache = 4 * LAYERS * 2 * dModel * longestAttention * ATTENTION_ROWS;
    const activations = 4 * LAYERS * 32 * dModel * TOKENS_PER_CALL;
    const hasAttention = variants.some((model) => !inductionModels[model].recurrent);
    return 2 ** 28 + activations + (hasAttention ? 2 * cache : 0);
  },
  run,
  report: inductionReport,
});

function requireLengths({ train, longest, longestAttention }: InductionSettings): void {
  const where = 'induction-heads';
  requireCount(where, 'longest', longest, train, 'the test is rows beyond those of training');
  requireCount(where, 'longestAttention', longestAttention, train, 'attention reads rows as long as those of training');
  for (const [name, steps] of Object.entries({ longest, longestAttention })) {
    if (Number.isInteger(Math.log2(steps / FIRST_QUESTION))) continue;
    throw new UsageError(
      where,
      `${name} is ${steps}, expected ${FIRST_QUESTION} times a power of two: the question comes at every doubling.`,
    );
  }
}

async function run(
  { model: name, seed }: InductionVariant,
  settings: InductionSettings,
  context: RunContext,
): Promise<InductionResult> {
  const { recurrent, config } = inductionModels[name];
  const { train, vocab, dModel, tokens, learningRate, weightDecay, rows } = settings;
  const shape = { vocabSize: vocab, dModel, nLayer: LAYERS, ...config(settings) };
  const model = await newModel(shape, context, seed);
  const updates = recurrent ? settings.updates : settings.updatesAttention;
  // Lengths are uniform in the logarithm at first; then all rows are the longest.
  const data = drawnTokenTask(model, (random, update) => {
    const part = update > MIXED_PART * updates ? 1 : random.uniform();
    const length = Math.round(SHORTEST * (train / SHORTEST) ** part);
    return inductionTask(random, { B: Math.ceil(tokens / length), length, vocab });
  });
  const exam = () => [inductionTask(new Random(seed).fork('exam'), { B: 256, length: train, vocab })];
  const trainedAt = recurrent ? 0.3 : 0.7;
  const { curve } = await learn(context, {
    model,
    data,
    options: {
      maxIters: updates,
      learningRate,
      minLearningRate: learningRate / 20,
      weightDecay,
      adamEps: ADAM_EPSILON,
      warmupIters: 20,
      seed,
    },
    evalEvery: Math.ceil(updates / 20),
    evaluate: (learner) => ({ accuracy: accuracy(learner, exam()) }),
    share: [0, trainedAt],
  });
  const rowsPerCall = recurrent ? rows : Math.min(rows, ATTENTION_ROWS);
  const recalled = await recallTest(context, model, {
    longest: recurrent ? settings.longest : settings.longestAttention,
    vocab,
    rows,
    rowsPerCall,
    stepsPerCall: Math.max(1, Math.floor(TOKENS_PER_CALL / rowsPerCall)),
    random: new Random(seed).fork('rows of the report'),
    progressFrom: trainedAt,
  });
  return { learning: curve.map(({ iter, loss, accuracy }) => ({ iter, loss, accuracy })), ...recalled };
}
