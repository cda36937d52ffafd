/** The school run: families of models learn a sequence with long memory, whose least possible loss is known exactly. */
import { mean } from '@mamba-ts/core/math';
import type { LanguageModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import type { ValuesOf } from '@mamba-ts/core/schema';
import type { TaskMaker } from '@mamba-ts/core/train';
import { drawSchoolRun, schoolRunTokens } from '../../../tasks/schoolRun.ts';
import { lossesOf, type Unifilar } from '../../../tasks/unifilar.ts';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { drawnTask } from '../../parts/drawnTask.ts';
import { learn } from '../../parts/learn.ts';
import { newModel } from '../../parts/models.ts';
import { countField, rateField } from '../../settings.ts';
import { openingOf } from './deltaOpening.ts';
import { MarkovModel } from './markovModel.ts';
import { configOf, modelKeys, orders, schoolRunModels, sourceOf } from './schoolRunModels.ts';
import { type SchoolRunResult, type SchoolRunVariant, schoolRunReport } from './schoolRunReport.ts';

const fields = {
  dModel: countField(32),
  nLayer: countField(2),
  /** Probabilities of the source: see SchoolRunOptions. */
  announce: rateField(0.01),
  wait: rateField(0.3),
  stay: rateField(0.93),
  sure: rateField(0.95),
  updates: countField(3000),
  batchSize: countField(8),
  /** Steps of a sequence. */
  length: countField(256, 2),
  learningRate: rateField(5e-3),
  /** The number of seeds, from 0. */
  seeds: countField(3),
  /** Test sequences. */
  tests: countField(128, 2),
};

type SchoolRunSettings = ValuesOf<typeof fields>;

export const schoolRun = defineExperiment({
  name: 'school-run',
  fields,
  quick: { dModel: 24, updates: 800, batchSize: 4, length: 128, seeds: 1, tests: 16 },
  variants(settings): SchoolRunVariant[] {
    // Refuses probabilities that do not fit each other.
    sourceOf(settings);
    const seeds = Array.from({ length: settings.seeds }, (_, seed) => seed);
    return [
      ...modelKeys.flatMap((model) => seeds.map((seed) => ({ model, seed }))),
      ...orders.flatMap((order) => seeds.map((seed) => ({ order, seed }))),
    ];
  },
  id: (variant) => `${'order' in variant ? `order${variant.order}` : variant.model}.${variant.seed}`,
  label: (variant) =>
    `${'order' in variant ? `Markov, order ${variant.order}` : schoolRunModels[variant.model].name}, seed ${variant.seed}`,
  work: (variant) => ('order' in variant ? 0.05 : 1),
  async run(variant, settings, context): Promise<SchoolRunResult> {
    const source = sourceOf(settings);
    const tests = testsOf(source, settings);
    const filter = filterLoss(source, tests);
    const found =
      'order' in variant
        ? counted(variant.order, source, settings, tests, variant.seed)
        : await trained(variant, source, settings, tests, context);
    return { ...found, filter };
  },
  report: schoolRunReport,
});

/** New sequences for each update. */
export const schoolRunTask = (source: Unifilar, model: LanguageModel, length: number): TaskMaker =>
  drawnTask((random, _, { batchSize: B }) => {
    const [tokens, targets] = [new Int32Array(B * length), new Int32Array(B * length)];
    for (let b = 0; b < B; b++) {
      const symbols = drawSchoolRun(source, random, length + 1);
      tokens.set(symbols.subarray(0, length), b * length);
      targets.set(symbols.subarray(1), b * length);
    }
    return { steps: B * length, loss: () => model.loss({ tokens, B, L: length }, targets) };
  });

/** The test sequences, the same for all runs. */
function testsOf(source: Unifilar, { tests, length }: SchoolRunSettings): Int32Array[] {
  const random = new Random(0).fork('test');
  return Array.from({ length: tests }, () => drawSchoolRun(source, random, length + 1));
}

/** The mean over sequences of the mean loss after the first symbol, which is given. */
const meanLoss = (sequences: readonly Int32Array[], losses: (symbols: Int32Array) => Float64Array): number =>
  mean(sequences.map((symbols) => mean(losses(symbols).subarray(1))));

/** What the optimal filter loses. */
const filterLoss = (source: Unifilar, tests: readonly Int32Array[]): number =>
  meanLoss(tests, (symbols) => lossesOf(source, symbols));

/** A Markov model that has counted as many steps as the other models are trained on. */
function counted(
  order: number,
  source: Unifilar,
  settings: SchoolRunSettings,
  tests: readonly Int32Array[],
  seed: number,
) {
  const V = schoolRunTokens.length;
  const model = new MarkovModel(order, V);
  const random = new Random(seed).fork('markov');
  for (let i = 0; i < settings.updates * settings.batchSize; i++) {
    model.read(drawSchoolRun(source, random, settings.length + 1));
  }
  return { parameters: V ** order * (V - 1), loss: meanLoss(tests, (symbols) => model.losses(symbols)) };
}

async function trained(
  { model: name, seed }: Extract<SchoolRunVariant, { model: unknown }>,
  source: Unifilar,
  settings: SchoolRunSettings,
  tests: readonly Int32Array[],
  context: RunContext,
) {
  const { updates, batchSize, length, learningRate } = settings;
  const model = await newModel(configOf(name, settings), context, seed);
  await learn(context, {
    model,
    data: schoolRunTask(source, model, length),
    options: {
      seed,
      batchSize,
      maxIters: updates,
      learningRate,
      minLearningRate: learningRate / 50,
      warmupIters: Math.ceil(updates / 20),
      weightDecay: 0.01,
    },
  });
  const opening = name === 'mamba' ? openingOf(model, tests) : undefined;
  return { parameters: model.tree.count(), loss: mean(tests.map((symbols) => lossOn(model, symbols))), opening };
}

function lossOn(model: LanguageModel, symbols: Int32Array): number {
  const L = symbols.length - 1;
  const loss = model.loss({ tokens: symbols.slice(0, L), B: 1, L }, symbols.slice(1));
  const value = loss.read()[0];
  loss.dispose();
  return value;
}
