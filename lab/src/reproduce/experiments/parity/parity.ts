/** Sums modulo k of all digits so far, in rows longer than those of training: a task for the rotating state of Mamba-3. */
import type { LanguageModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import { field, type ValuesOf } from '@mamba-ts/core/schema';
import { runningSums } from '../../../tasks/parity.ts';
import { requireCount, type TokenBatch } from '../../../tasks/tokens.ts';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { doublings } from '../../parts/doublings.ts';
import { accuracy, CHECK_EVERY, Curriculum, drawnTokenTask, inBatches } from '../../parts/drawnTask.ts';
import { learn } from '../../parts/learn.ts';
import { newModel } from '../../parts/models.ts';
import { countField, namesField, rateField, seedsField } from '../../settings.ts';
import { modelNames, type ParityResult, type ParityVariant, parityReport } from './parityReport.ts';

/** Digits of the shortest training rows. */
const SHORTEST = 4;
/** Sums at the end of a test row that count. */
const TESTED_SUMS = 8;
/** Accuracy at which rows grow. */
const MASTERED = 0.99;

const fields = {
  models: namesField(modelNames),
  moduli: field.list(field.whole({ min: 2 }), { default: [2, 3] }),
  seeds: seedsField([1, 2, 3]),
  /** Digits of the longest training rows, and of the longest test rows. */
  train: countField(64, SHORTEST),
  longest: countField(1024),
  /** Test rows. */
  rows: countField(128),
  dModel: countField(32),
  dState: countField(16),
  updates: countField(3000),
  /** Tokens of an update, about. */
  tokens: countField(2048),
  learningRate: rateField(5e-3),
};

type ParitySettings = ValuesOf<typeof fields>;

export const parity = defineExperiment({
  name: 'parity',
  fields,
  quick: { moduli: [2], seeds: [1], train: 16, longest: 64, rows: 32, updates: 400, tokens: 1024, learningRate: 1e-2 },
  variants({ moduli, models, seeds, longest, train }): ParityVariant[] {
    requireCount('parity', 'longest', longest, train, 'the test is rows beyond those of training');
    return moduli.flatMap((k) => models.flatMap((model) => seeds.map((seed) => ({ model, k, seed }))));
  },
  id: ({ model, k, seed }) => `${model}-mod${k}-seed${seed}`,
  label: ({ model, k, seed }) => `${modelNames[model]} modulo ${k}, seed ${seed}`,
  work: ({ model }) => ({ mamba: 1, mamba2: 1.2, mamba3: 1.6 })[model],
  run,
  report: parityReport,
});

/** One layer; a head apart from the embedding; heads of 16 channels where there are heads. */
function modelOf({ model, k, seed }: ParityVariant, { dModel, dState }: ParitySettings, context: RunContext) {
  const heads = model === 'mamba' ? {} : { headDim: 16 };
  const config = { model, vocabSize: k + 1, dModel, dState, nLayer: 1, tieEmbeddings: false, ...heads };
  return newModel(config, context, seed);
}

async function run(variant: ParityVariant, settings: ParitySettings, context: RunContext): Promise<ParityResult> {
  const { k, seed } = variant;
  const { train, tokens, updates, learningRate, rows, longest } = settings;
  const model = await modelOf(variant, settings, context);
  const curriculum = new Curriculum(SHORTEST, train);
  const data = drawnTokenTask(
    model,
    (random, update) => {
      const digits = curriculum.lengthAt(update, updates);
      return runningSums(random, { B: Math.min(128, Math.ceil(tokens / digits)), digits, k, skewed: true });
    },
    curriculum,
  );
  const exam = (digits: number, iter: number) =>
    lastSums(runningSums(new Random(seed).fork(`exam ${iter}`), { B: 32, digits, k }), digits);
  const options = { maxIters: updates, learningRate, minLearningRate: 1e-5, weightDecay: 0, warmupIters: 20, seed };
  const { curve } = await learn(context, {
    model,
    data,
    options,
    evalEvery: CHECK_EVERY,
    evaluate(learner, iter) {
      const digits = curriculum.length;
      if (digits < train && accuracy(learner, [exam(digits, iter)]) >= MASTERED) curriculum.advance();
      return { digits };
    },
    share: [0, 0.95],
  });
  const lengths = doublings(TESTED_SUMS, longest);
  const found = test(model, { rows, longest, k, lengths }, new Random(seed).fork('test'));
  const every = Math.ceil(curve.length / 20);
  const thinned = curve.filter((_, i) => (i + 1) % every === 0);
  return { lengths, accuracy: found, course: thinned.map(({ iter, digits, loss }) => ({ iter, digits, loss })) };
}

/** The longest rows test all lengths: what follows a digit does not change the answers before it. */
function test(
  model: LanguageModel,
  { rows, longest, k, lengths }: { rows: number; longest: number; k: number; lengths: readonly number[] },
  random: Random,
): number[] {
  const batches = [...inBatches(rows, 32, (B) => runningSums(random, { B, digits: longest, k }))];
  return lengths.map((n) =>
    accuracy(
      model,
      batches.map((batch) => lastSums(batch, n)),
    ),
  );
}

/** The first `digits` digits of the rows; only the last of their sums are targets. */
function lastSums(batch: TokenBatch, digits: number): TokenBatch {
  const { B } = batch;
  const L = digits + 1;
  const cut = (all: Int32Array) =>
    Int32Array.from({ length: B * L }, (_, i) => all[Math.floor(i / L) * batch.L + (i % L)]);
  const targets = cut(batch.targets).map((target, i) => (i % L > digits - TESTED_SUMS ? target : -1));
  return { tokens: cut(batch.tokens), targets, B, L };
}
