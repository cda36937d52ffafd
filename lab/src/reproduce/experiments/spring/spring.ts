/**
 * A sequence model learns a physical system from noisy measurements, and goes on where they fall silent.
 *
 * One spring is linear and time-invariant; a switched one is not, and no linear time-invariant model follows it.
 * The Kalman filter that knows the equations is the bound of both.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { createSequenceModel, type SequenceModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import { enter } from '@mamba-ts/core/tensor';
import type { TaskMaker } from '@mamba-ts/core/train';
import { type SpringTrajectory, type SpringWorld, springs } from '../../../tasks/springs.ts';
import { defineExperiment, type Run, type RunContext } from '../../experiment.ts';
import { learn } from '../../parts/learn.ts';
import { errorsOf, kalmanPredictor, lastValue, linearPredictor, type Predictor } from './predictors.ts';
import { springReport } from './springReport.ts';
import { inputsOf, rowsOf, type System, type SystemName, springBatches, systemNames, systems } from './systems.ts';
import type { SpringResult, SpringSettings } from './types.ts';

/** Sizes of a family that are not its defaults, which are for larger models. */
const sizes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  mamba: {},
  mamba3: { dState: 32, headDim: 16 },
  s4d: {},
};
/** How long an update takes, next to one of S4D. */
const work: Readonly<Record<string, number>> = { mamba: 2, mamba3: 3, s4d: 1 };
const TEST_SEED = 2024;
/** Trajectories that the best linear predictor is fitted to, next to the unknowns of each horizon. */
const FITTED = 150;

export const spring = defineExperiment<SpringSettings, SpringResult>({
  name: 'spring',
  about: 'A mass on a spring, fixed or switched, predicted from noisy measurements beside the Kalman filter',
  claim:
    'Gu & Dao 2023, section 3.1: the dynamics of linear time-invariant models are constant, those of selective ones ' +
    'depend on the input. How well a system can be predicted at all is what Kalman 1960 gives.',
  scale:
    'Not an experiment of a paper: models of two layers, 32 wide, learn trajectories of a spring that are drawn ' +
    'without end.',
  notes: [
    'The states of S4D are time-invariant, but the gates behind them (GLU) multiply: two layers are not linear, and the ' +
      'best linear predictor does not bound them. With fewer parameters, S4D follows the switched spring within the same ' +
      'bounds as Mamba: what these runs show of selection is what linear prediction cannot do, not what S4D cannot.',
    'Beyond the horizons of training, on the switched spring, Mamba and S4D err more than the best linear predictor of ' +
      'those horizons.',
  ],
  full: {
    models: ['mamba', 'mamba3', 's4d'],
    seeds: [1, 2, 3],
    dModel: 32,
    nLayer: 2,
    measured: 32,
    ahead: 24,
    horizon: 48,
    updates: 3000,
    batchSize: 32,
    learningRate: 5e-3,
    trajectories: 2000,
  },
  quick: {
    models: ['mamba', 'mamba3', 's4d'],
    seeds: [1],
    dModel: 16,
    nLayer: 2,
    measured: 16,
    ahead: 8,
    horizon: 16,
    updates: 400,
    batchSize: 16,
    learningRate: 8e-3,
    trajectories: 200,
  },
  runs(settings) {
    check(settings);
    const { models, seeds } = settings;
    return systemNames.flatMap((name): Run[] => [
      { id: `${name}-known`, label: `${systems[name].title}: Kalman filter and best linear predictor`, work: 0.1 },
      ...models.flatMap((model) =>
        seeds.map((seed) => ({
          id: `${name}-${model}-${seed}`,
          label: `${systems[name].title}: ${model}, seed ${seed}`,
          work: work[model],
        })),
      ),
    ]);
  },
  async run({ id }, settings, context) {
    const [name, model, seed] = id.split('-') as [SystemName, string, string];
    const test = testOf(systems[name], settings);
    return model === 'known' ? known(test) : learned(test, model, Number(seed), context);
  },
  report: springReport,
});

interface Test {
  system: System;
  settings: SpringSettings;
  trajectories: readonly SpringTrajectory[];
  /** Those of the system's other world. */
  others: readonly SpringTrajectory[];
  /** The one whose error of the Kalman filter is the middle one. */
  example: SpringTrajectory;
}

/** The same trajectories for all that predict them. */
function testOf(system: System, settings: SpringSettings): Test {
  const { measured, horizon, trajectories: count } = settings;
  const many = (world: SpringWorld) => {
    const make = springs(world, new Random(TEST_SEED));
    return Array.from({ length: count }, () => make(measured + horizon));
  };
  const trajectories = many(system.world);
  const predict = kalmanPredictor(system, measured);
  const errors = trajectories.map((one) => errorsOf([one], measured, predict).reduce((sum, e) => sum + e * e, 0));
  const order = errors.map((_, i) => i).sort((a, b) => errors[a] - errors[b] || a - b);
  const others = system.other ? many(system.other.world) : [];
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

function known(test: Test): SpringResult {
  const { system, settings, example } = test;
  const { measured, horizon } = settings;
  const fitted = { measured, horizon, count: FITTED * measured };
  const results = [
    tested(test, 'kalman', kalmanPredictor(system, measured)),
    tested(test, 'linear', linearPredictor(system, fitted, new Random(TEST_SEED).fork('linear'))),
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

async function learned(test: Test, name: string, seed: number, context: RunContext): Promise<SpringResult> {
  const { system, settings, trajectories, others } = test;
  const { dModel, nLayer, updates, batchSize, learningRate } = settings;
  const config = { model: name, ...sizes[name], dModel, nLayer, dInput: inputsOf(system), nTargets: 1, output: 'step' };
  const model = await createSequenceModel(config, { backend: context.backend, seed });
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
  const said = new Map(all.map((one, i) => [one, outputs[i]]));
  return {
    ...tested(test, name, (one) => said.get(one) ?? []),
    parameters: Object.values(model.parameters).reduce((sum, { size }) => sum + size, 0),
    seconds,
  };
}

/** Of each trajectory, what the model says from the last measurement on. */
function predictions(
  model: SequenceModel,
  system: System,
  trajectories: readonly SpringTrajectory[],
  measured: number,
): Float32Array[] {
  const together = 250;
  const result: Float32Array[] = [];
  for (let from = 0; from < trajectories.length; from += together) {
    const rows = rowsOf(system, trajectories.slice(from, from + together), (t) => t < measured);
    const outputs = enter(() => model.forward(rows).outputs.read());
    for (let b = 0; b < rows.B; b++) result.push(outputs.slice(b * rows.L + measured - 1, (b + 1) * rows.L));
  }
  return result;
}

const rounded = (values: ArrayLike<number>): number[] => Array.from(values, (value) => Number(value.toPrecision(5)));

function check({ models, seeds, measured, ahead, horizon, trajectories }: SpringSettings): void {
  const stranger = models.find((name) => !Object.hasOwn(sizes, name));
  if (models.length === 0 || stranger !== undefined) {
    throw new UsageError(
      'spring',
      `models has ${stranger ?? 'none'}, expected some of ${Object.keys(sizes).join(', ')}, such as mamba,s4d.`,
    );
  }
  if (new Set(models).size < models.length || new Set(seeds).size < seeds.length || seeds.length === 0) {
    throw new UsageError(
      'spring',
      `models are ${models} and seeds ${seeds}, expected each once, and one seed at least.`,
    );
  }
  for (const [name, value, least] of [
    ['measured', measured, 3],
    ['ahead', ahead, 1],
    ['horizon', horizon, ahead],
    ['trajectories', trajectories, 1],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new UsageError(
      'spring',
      `${name} is ${value}, expected a whole number ≥ ${least}${name === 'horizon' ? ', as far as ahead' : ''}.`,
    );
  }
}
