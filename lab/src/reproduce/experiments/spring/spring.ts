/**
 * A sequence model learns a physical system from noisy measurements, and predicts it after the measurements end.
 *
 * One spring is linear and time-invariant. A switched spring is not, and no linear time-invariant model follows it. The
 * Kalman filter that knows the equations is the bound for both.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { sum } from '@mamba-ts/core/math';
import type { SequenceModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import type { ValuesOf } from '@mamba-ts/core/schema';
import { enter } from '@mamba-ts/core/tensor';
import type { TaskMaker } from '@mamba-ts/core/train';
import { type SpringTrajectory, type SpringWorld, springs } from '../../../tasks/springs.ts';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { learn } from '../../parts/learn.ts';
import { newSequenceModel } from '../../parts/models.ts';
import { countField, namesField, rateField, seedsField } from '../../settings.ts';
import { errorsOf, kalmanPredictor, lastValue, linearPredictor, type Predictor } from './springPredictors.ts';
import { springReport } from './springReport.ts';
import { inputsOf, rowsOf, type System, springBatches, systemNames, systems } from './springSystems.ts';
import { type SpringResult, type SpringVariant, springModels } from './springTypes.ts';

const TEST_SEED = 2024;
/** Trajectories that the best linear predictor is fitted to, for each unknown of a horizon. */
const TRAJECTORIES_PER_WEIGHT = 150;
/** Test trajectories of one call. */
const ROWS_PER_CALL = 250;

const fields = {
  models: namesField(springModels),
  seeds: seedsField([1, 2, 3]),
  dModel: countField(32),
  nLayer: countField(2),
  /** Steps with measurements, before they end. */
  measured: countField(32, 3),
  /** Steps without measurements in training, and in the test. */
  ahead: countField(24),
  horizon: countField(48),
  updates: countField(3000),
  batchSize: countField(32),
  learningRate: rateField(5e-3),
  /** Of the test. */
  trajectories: countField(2000),
};

type SpringSettings = ValuesOf<typeof fields>;

export const spring = defineExperiment({
  name: 'spring',
  fields,
  quick: {
    ...{ seeds: [1], dModel: 16, measured: 16, ahead: 8, horizon: 16 },
    ...{ updates: 400, batchSize: 16, learningRate: 8e-3, trajectories: 200 },
  },
  variants({ models, seeds, ahead, horizon }): SpringVariant[] {
    if (horizon < ahead) {
      throw new UsageError('spring', `horizon is ${horizon}, expected a whole number ≥ ${ahead}, as far as ahead.`);
    }
    return systemNames.flatMap((system): SpringVariant[] => [
      { system, model: 'known' },
      ...models.flatMap((model) => seeds.map((seed) => ({ system, model, seed }))),
    ]);
  },
  id: (variant) =>
    variant.model === 'known' ? `${variant.system}-known` : `${variant.system}-${variant.model}-${variant.seed}`,
  label(variant) {
    const { title } = systems[variant.system];
    return variant.model === 'known'
      ? `${title}: Kalman filter and best linear predictor`
      : `${title}: ${variant.model}, seed ${variant.seed}`;
  },
  work: ({ model }) => (model === 'known' ? 0.1 : springModels[model].work),
  run: async (variant, settings, context) => {
    const test = testOf(systems[variant.system], settings);
    return variant.model === 'known' ? known(test) : learned(test, variant, context);
  },
  report: springReport,
});

interface Test {
  system: System;
  settings: SpringSettings;
  trajectories: readonly SpringTrajectory[];
  /** Trajectories of the system's other world. */
  others: readonly SpringTrajectory[];
  /** The trajectory on which the error of the Kalman filter is the median. */
  example: SpringTrajectory;
}

/** The same trajectories for all predictors. */
function testOf(system: System, settings: SpringSettings): Test {
  const { measured, horizon, trajectories: count } = settings;
  const draw = (world: SpringWorld) => {
    const next = springs(world, new Random(TEST_SEED));
    return Array.from({ length: count }, () => next(measured + horizon));
  };
  const trajectories = draw(system.world);
  const predict = kalmanPredictor(system, measured);
  const errors = trajectories.map((trajectory) =>
    sum(errorsOf([trajectory], measured, predict).map((error) => error * error)),
  );
  const order = errors.map((_, i) => i).sort((a, b) => errors[a] - errors[b] || a - b);
  const others = system.other ? draw(system.other.world) : [];
  return { system, settings, trajectories, others, example: trajectories[order[count >> 1]] };
}

function tested({ settings, trajectories, others, example }: Test, name: string, predict: Predictor): SpringResult {
  const errors = (some: readonly SpringTrajectory[]) => ({
    [name]: rounded(errorsOf(some, settings.measured, predict)),
  });
  return {
    errors: errors(trajectories),
    ...(others.length > 0 && { other: errors(others) }),
    predicted: { [name]: rounded(predict(example)) },
  };
}

/** The predictors that need no training. */
function known(test: Test): SpringResult {
  const { system, settings, example } = test;
  const { measured, horizon } = settings;
  const fit = { measured, horizon, count: TRAJECTORIES_PER_WEIGHT * measured };
  const results = [
    tested(test, 'kalman', kalmanPredictor(system, measured)),
    tested(test, 'linear', linearPredictor(system, fit, new Random(TEST_SEED).fork('linear'))),
    tested(test, 'naive', lastValue(measured)),
  ];
  return {
    errors: Object.assign({}, ...results.map(({ errors }) => errors)),
    other: Object.assign({}, ...results.map(({ other }) => other)),
    predicted: Object.assign({}, ...results.map(({ predicted }) => predicted)),
    example: {
      positions: rounded(example.positions),
      measured: rounded(example.measured.subarray(0, measured)),
      switches: [...example.switches],
    },
  };
}

async function learned(
  test: Test,
  { model: name, seed }: Extract<SpringVariant, { seed: number }>,
  context: RunContext,
): Promise<SpringResult> {
  const { system, settings, trajectories, others } = test;
  const { dModel, nLayer, updates, batchSize, learningRate } = settings;
  const { sizes } = springModels[name];
  const config = { model: name, ...sizes, dModel, nLayer, dInput: inputsOf(system), nTargets: 1, output: 'step' };
  const model = await newSequenceModel(config, context, seed);
  const task: TaskMaker = (_, random) => {
    const next = springBatches(system, settings, batchSize, random);
    return {
      async next() {
        const { targets, ...rows } = next();
        return { steps: targets.length, loss: () => ({ loss: model.loss(rows, targets) }) };
      },
      state: () => random.state(),
      restore: (state) => random.restore(state as number[]),
    };
  };
  const { seconds } = await learn(context, {
    model,
    data: task,
    options: {
      maxIters: updates,
      batchSize,
      learningRate,
      minLearningRate: learningRate / 50,
      warmupIters: Math.min(50, Math.ceil(updates / 10)),
      weightDecay: 0.01,
      beta2: 0.98,
      seed,
    },
  });
  const all = [...trajectories, ...others];
  const outputs = predictions(model, system, all, settings.measured);
  const predicted = new Map(all.map((trajectory, i) => [trajectory, outputs[i]]));
  return {
    ...tested(test, name, (trajectory) => predicted.get(trajectory) ?? []),
    parameters: model.tree.count(),
    seconds,
  };
}

/** The model's predictions for each trajectory, from the last measurement on. */
function predictions(
  model: SequenceModel,
  system: System,
  trajectories: readonly SpringTrajectory[],
  measured: number,
): Float32Array[] {
  const result: Float32Array[] = [];
  for (let from = 0; from < trajectories.length; from += ROWS_PER_CALL) {
    const rows = rowsOf(system, trajectories.slice(from, from + ROWS_PER_CALL), (t) => t < measured);
    const outputs = enter(() => model.forward(rows).outputs.read());
    for (let b = 0; b < rows.B; b++) result.push(outputs.slice(b * rows.L + measured - 1, (b + 1) * rows.L));
  }
  return result;
}

const rounded = (values: ArrayLike<number>): number[] => Array.from(values, (value) => Number(value.toPrecision(5)));
