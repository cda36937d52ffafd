/**
 * Does a selective A add to a selective Δ, and is one Δ enough for all states of a channel? All variants have about the
 * same number of parameters.
 *
 * What a state keeps depends on Δ A alone, so Δ can choose it. But Δ is one number for all states of a channel, and it
 * scales what they take in as well. A selective A, and a Δ for each state, are free of that.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { declareSequenceModel, sequenceConfigOf } from '@mamba-ts/core/models';
import { field } from '@mamba-ts/core/schema';
import { defineAblation } from '../../parts/ablations/ablation.ts';
import {
  type AblationSettings,
  ablationFields,
  ablationTasks,
  fullSizes,
  quickSizes,
  type TaskName,
} from '../../parts/ablations/ablationTasks.ts';
import { parametersOf } from '../../parts/models.ts';
import { ablationAReport } from './ablationAReport.ts';
import { ALLOWED_DIFFERENCE, type Selecting, selectionKeys, selections } from './selections.ts';

/** Ranks of the variants, in their order; 0: not selective. */
const ranksField = (ranks: readonly number[]) => field.list(field.whole({ min: 0 }), { default: ranks });

export const ablationA = defineAblation({
  name: 'ablation-A',
  fields: {
    ...ablationFields(['language', 'overwriting', 'timescales'], [1, 2, 3, 4, 5, 6], {
      ...fullSizes,
      ...{ dState: 8, dModel: 32, updates: 1000, batchSize: 16, length: 128 },
      ...{ drawnModel: 32, drawnUpdates: 12_000, keys: 8 },
    }),
    /** Ranks of the maps that make Δ and A. */
    deltaRanks: ranksField([13, 0, 4, 2, 1]),
    aRanks: ranksField([0, 3, 2, 0, 1]),
  },
  quick: { seeds: [1, 2], ...quickSizes, dModel: 32, drawnUpdates: 200, drawnModel: 32 },
  compared(task, settings): Selecting[] {
    const compared = selectionKeys.map((_, i) => selecting(i, settings));
    requireEqualSizes(task, compared, settings);
    return compared;
  },
  report: ablationAReport,
});

interface Ranks {
  deltaRanks: readonly number[];
  aRanks: readonly number[];
}

function selecting(i: number, ranks: Ranks): Selecting {
  for (const what of ['deltaRanks', 'aRanks'] as const) {
    const { length } = ranks[what];
    if (length === selectionKeys.length) continue;
    throw new UsageError(
      'ablation-A',
      `${what} has ${length} ranks, expected ${selectionKeys.length}, one for each variant.`,
    );
  }
  const key = selectionKeys[i];
  const { name, selects, deltaPerState } = selections[key];
  const [dtRank, aRank] = [ranks.deltaRanks[i], ranks.aRanks[i]];
  return {
    key,
    name,
    config: { selects, deltaPerState, ...(dtRank > 0 && { dtRank }), ...(aRank > 0 && { aRank }) },
    work: key === 's6' ? 1 : 1.7,
  };
}

function requireEqualSizes(task: TaskName, compared: readonly Selecting[], settings: AblationSettings): void {
  const sizes = compared.map(({ config }) => parametersIn(task, config, settings));
  const off = sizes.findIndex((size) => Math.abs(size / sizes[0] - 1) > ALLOWED_DIFFERENCE);
  if (off < 0) return;
  throw new UsageError(
    'ablation-A',
    `${compared[off].name} has ${sizes[off]} parameters, ${compared[0].name} ${sizes[0]}, expected within ` +
      `${100 * ALLOWED_DIFFERENCE} %. Choose other deltaRanks or aRanks.`,
  );
}

function parametersIn(task: TaskName, config: Selecting['config'], settings: AblationSettings): number {
  const { nLayer, dState } = settings;
  const shape = ablationTasks[task].shape(settings);
  const whole = { model: 'mamba', nLayer, dState, ...shape, ...config };
  return 'dInput' in shape ? declareSequenceModel(sequenceConfigOf(whole)).tree.count() : parametersOf(whole);
}
