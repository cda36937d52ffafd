/**
 * Does a selective A add to a selective Δ, and is one Δ enough for all states of a channel? Both at equal parameters.
 *
 * Only Δ A reaches what a state keeps, so that Δ alone can choose it; but Δ is one number for all states of a
 * channel, and it scales what they take in, too. A selective A, and a Δ of each state, are free of that.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { configOf } from '@mamba-ts/core/families';
import { LanguageModel, SequenceModel, sequenceConfigOf } from '@mamba-ts/core/models';
import { defineExperiment, type Run } from '../../experiment.ts';
import { runOne, runsOf, type Variant } from '../../parts/ablations/compared.ts';
import { type Ablated, type AblationTask, quickSizes, requireTasks, tasks } from '../../parts/ablations/tasks.ts';
import { ablationAReport } from './ablationAReport.ts';
import { type AblationASettings, ALLOWED, kinds, variantOf } from './kinds.ts';

const variants = (settings: AblationASettings): Variant[] => kinds.map((kind) => variantOf(kind, settings));

function count(task: AblationTask, { config }: Variant, settings: AblationASettings): number {
  const { nLayer, dState } = settings;
  const shape = task.shape(settings);
  const whole = { model: 'mamba', nLayer, dState, ...shape, ...config };
  const model = 'dInput' in shape ? new SequenceModel(sequenceConfigOf(whole)) : new LanguageModel(configOf(whole));
  return model.tree.count();
}

function runs(settings: AblationASettings): Run[] {
  requireTasks('ablation-A', settings);
  for (const what of ['deltaRanks', 'aRanks'] as const) {
    if (settings[what].length === kinds.length) continue;
    throw new UsageError(
      '',
      `ablation-A: ${what} has ${settings[what].length} ranks, expected ${kinds.length}, one a variant.`,
    );
  }
  for (const task of settings.tasks) {
    const sizes = kinds.map((kind) => count(tasks[task], variantOf(kind, settings), settings));
    const off = sizes.findIndex((size) => Math.abs(size / sizes[0] - 1) > ALLOWED);
    if (off < 0) continue;
    throw new UsageError(
      '',
      `ablation-A: ${kinds[off].name} has ${sizes[off]} parameters, ${kinds[0].name} ${sizes[0]}, expected within ` +
        `${100 * ALLOWED} %. Choose other deltaRanks or aRanks.`,
    );
  }
  return runsOf('ablation-A', () => variants(settings), settings);
}

export const ablationA = defineExperiment<AblationASettings, Ablated>({
  name: 'ablation-A',
  about: 'Does a selective A add to a selective Δ, and is one Δ enough for all states of a channel?',
  claim:
    'A could be selective too; as it acts through Δ A alone, a selective Δ is enough, and A would have a similar ' +
    'effect: a hypothesis that the paper leaves untested. Gu & Dao 2023, section 3.5.2, interpretation of A.',
  scale:
    'Two layers, 32 wide, with 8 states a channel: the plays of Shakespeare (1 MB), recall of what was last written ' +
    'under one of eight keys, and sums that forget at four speeds, each until a bell of its own rings. The ranks of the ' +
    'maps that make Δ and A are such that all variants have the same parameters; of a seed they see the same batches.',
  notes: [
    'A selective A, beside Δ or in place of it, pays in the task that was made for it: of sums that forget by ' +
      'different events, where each state has something of its own to give up, it loses well under half of what S6 ' +
      'does. Elsewhere no variant is told from S6, which has the parameters of the others in a larger rank of Δ.',
    'Recall is learnt to the end by every seed of S6 (0.004 bits per answer at most), and not by all of the others, ' +
      'which keep up to 0.2: few such seeds make their intervals wide.',
    'A first run had twice the channels and a sixth of the updates for recall and time scales: recall was not ' +
      'learnt, time scales had the same order, and in language A and Δ of states was worse than S6 by 0.6 ± 0.6 %, ' +
      'on a test whose play was unlike those learnt from; that is not seen again.',
  ],
  full: {
    tasks: ['language', 'overwriting', 'timescales'],
    deltaRanks: [13, 0, 4, 2, 1],
    aRanks: [0, 3, 2, 0, 1],
    seeds: [1, 2, 3, 4, 5, 6],
    dModel: 32,
    nLayer: 2,
    dState: 8,
    learningRate: 5e-3,
    updates: 1000,
    batchSize: 16,
    length: 128,
    drawnUpdates: 12000,
    drawnRows: 16,
    drawnLength: 64,
    testRows: 1024,
    keys: 8,
    values: 8,
    drawnModel: 32,
    drawnExpand: 1,
  },
  quick: {
    tasks: ['language', 'overwriting', 'timescales'],
    deltaRanks: [13, 0, 4, 2, 1],
    aRanks: [0, 3, 2, 0, 1],
    seeds: [1, 2],
    ...quickSizes,
    dModel: 32,
    drawnUpdates: 200,
    drawnModel: 32,
  },
  runs,
  run: (one, settings, context) => runOne(() => variants(settings), one, settings, context),
  report: ablationAReport,
});
