/**
 * Does a selective A add to a selective Δ, and is one Δ enough for all states of a channel? Both at equal parameters.
 *
 * Only Δ A reaches what a state keeps, so that Δ alone can choose it; but Δ is one number for all states of a
 * channel, and it scales what they take in, too. A selective A, and a Δ of each state, are free of that.
 */
import { LanguageModel } from '../../models/languageModel.ts';
import { configOf } from '../../models/registry.ts';
import { sequenceConfigOf } from '../../models/sequenceConfig.ts';
import { SequenceModel } from '../../models/sequenceModel.ts';
import { defineExperiment, type Run, type RunContext } from '../experiment.ts';
import { type Ablated, runsOf, type Variant, variantOf } from './ablations.ts';
import { ALLOWED, type AblationASettings, kinds, variantOfTask } from './ablationA/kinds.ts';
import { ablationAReport } from './ablationA/report.ts';
import { type AblationTask, tasks } from './ablationA/tasks.ts';

const variants = (settings: AblationASettings): Variant[] =>
  settings.tasks.flatMap((task) => kinds.map((kind) => variantOfTask(task, kind, settings)));

function count(task: AblationTask, { config }: Variant, settings: AblationASettings): number {
  const { dModel, nLayer, dState } = settings;
  const shape = task.shape(settings);
  const whole = { model: 'mamba', dModel, nLayer, dState, ...shape, ...config };
  const model = 'dInput' in shape ? new SequenceModel(sequenceConfigOf(whole)) : new LanguageModel(configOf(whole));
  return model.tree.count();
}

function runs(settings: AblationASettings): Run[] {
  const stranger = settings.tasks.find((task) => !Object.hasOwn(tasks, task));
  if (stranger !== undefined || settings.tasks.length === 0) {
    throw new Error(`ablation-A: tasks has '${stranger}', expected some of ${Object.keys(tasks).join(', ')}.`);
  }
  for (const what of ['deltaRanks', 'aRanks'] as const) {
    if (settings[what].length === kinds.length) continue;
    throw new Error(`ablation-A: ${what} has ${settings[what].length} ranks, expected ${kinds.length}, one a variant.`);
  }
  for (const task of settings.tasks) {
    const sizes = kinds.map((kind) => count(tasks[task], variantOfTask(task, kind, settings), settings));
    const off = sizes.findIndex((size) => Math.abs(size / sizes[0] - 1) > ALLOWED);
    if (off < 0) continue;
    throw new Error(
      `ablation-A: ${kinds[off].name} has ${sizes[off]} parameters, ${kinds[0].name} ${sizes[0]}, expected within ` +
        `${100 * ALLOWED} %. Choose other deltaRanks or aRanks.`,
    );
  }
  return runsOf('ablation-A', variants(settings), settings.seeds);
}

function run(one: Run, settings: AblationASettings, context: RunContext): Promise<Ablated> {
  const { variant, seed } = variantOf(variants(settings), settings.seeds, one);
  const task = settings.tasks.find((name) => variant.id.startsWith(`${name}-`)) as string;
  return tasks[task].run(context, variant.config, settings, seed);
}

export const ablationA = defineExperiment<AblationASettings, Ablated>({
  name: 'ablation-A',
  about: 'Does a selective A add to a selective Δ, and is one Δ enough for all states of a channel?',
  claim:
    'A could be selective too; as it acts through Δ A alone, a selective Δ is enough, and A would have a similar ' +
    'effect: a hypothesis that the paper leaves untested. Gu & Dao 2023, section 3.5.2, interpretation of A.',
  scale: 'Two layers of 32 channels with 8 states. All variants of a seed see the same batches.',
  full: {
    tasks: ['language', 'copying', 'timescales'],
    deltaRanks: [13, 0, 4, 2, 1],
    aRanks: [0, 3, 2, 0, 1],
    seeds: [1, 2, 3, 4, 5, 6],
    dModel: 32,
    nLayer: 2,
    dState: 8,
    updates: 1200,
    batchSize: 16,
    length: 128,
    learningRate: 5e-3,
    context: 64,
    symbols: 8,
    drawnUpdates: 1000,
    drawnRows: 16,
    scales: [2, 8, 32, 128],
    testRows: 1024,
  },
  quick: {
    tasks: ['language', 'copying', 'timescales'],
    deltaRanks: [13, 0, 4, 2, 1],
    aRanks: [0, 3, 2, 0, 1],
    seeds: [1, 2],
    dModel: 32,
    nLayer: 1,
    dState: 8,
    updates: 60,
    batchSize: 8,
    length: 64,
    learningRate: 1e-2,
    context: 16,
    symbols: 4,
    drawnUpdates: 100,
    drawnRows: 16,
    scales: [2, 8, 32],
    testRows: 64,
  },
  runs,
  run,
  report: ablationAReport,
});
