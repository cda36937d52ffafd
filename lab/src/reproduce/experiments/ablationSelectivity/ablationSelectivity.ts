/** Which parameters must be selective: table 7 of the Mamba paper. */
import { UsageError } from '@mamba-ts/core/errors';
import { mean } from '@mamba-ts/core/math';
import {
  type AblationRows,
  type Compared,
  defineAblation,
  joined,
  lossesOf,
  type TaskReport,
} from '../../parts/ablations/ablation.ts';
import {
  ablationFields,
  ablationTasks,
  fullSizes,
  quickSizes,
  type TaskName,
} from '../../parts/ablations/ablationTasks.ts';
import { dotPlot } from '../../parts/figures.ts';
import { fixed, paired, signed, withError } from '../../parts/statistics.ts';
import { countField, namesField } from '../../settings.ts';

/** What is selective, and its name in the report. */
const selections = {
  none: 'none',
  B: 'B',
  C: 'C',
  delta: 'Δ',
  'B+C': 'B, C',
  'delta+B': 'Δ, B',
  'delta+C': 'Δ, C',
  'delta+B+C': 'Δ, B, C',
} as const;
type Selection = keyof typeof selections;

const ALL = 'delta+B+C';
const SINGLE = ['B', 'C', 'delta'] as const;
const REQUIRED: readonly Selection[] = ['none', ...SINGLE, ALL];

interface Selecting extends Compared {
  selection: Selection;
}

export const ablationSelectivity = defineAblation({
  name: 'ablation-selectivity',
  fields: {
    ...ablationFields(['language', 'overwriting'], [1, 2, 3, 4], { ...fullSizes, keys: 6 }),
    textLayers: countField(4),
    selections: namesField(selections, REQUIRED),
  },
  quick: { seeds: [1], textLayers: 1, ...quickSizes },
  compared(_, settings): Selecting[] {
    const missing = REQUIRED.find((name) => !settings.selections.includes(name));
    if (missing !== undefined) {
      throw new UsageError(
        'ablation-selectivity',
        `selections has no ${missing}, expected ${REQUIRED.join(', ')} among them.`,
      );
    }
    return settings.selections.map((selection) => ({
      selection,
      key: selection.replaceAll('+', '-'),
      name: selections[selection],
      config: { selects: selection.replaceAll('+', ',') },
      work: selection === ALL ? 1 : 1.2,
    }));
  },
  report: (rows, settings) =>
    joined(
      {
        title: 'What has to be selective',
        description: 'Test loss of models whose Δ, B and C are selective or not.',
      },
      settings.tasks.map((task) => taskReport(task, rows, settings.selections)),
    ),
});

function taskReport(task: TaskName, rows: AblationRows<Selecting>, compared: readonly Selection[]): TaskReport {
  const { name: title, unit } = ablationTasks[task];
  const losses = (selection: Selection) => lossesOf(rows, { task, selection });
  const gain = (selection: Selection) => mean(paired(losses('none'), losses(selection)));
  const largest = SINGLE.reduce<Selection>((best, one) => (gain(one) > gain(best) ? one : best), SINGLE[0]);
  const best = compared.reduce((a, b) => (mean(losses(b)) < mean(losses(a)) ? b : a));
  const gains = SINGLE.map((one) => `${selections[one]} ${fixed(gain(one))}`).join(', ');
  return {
    tables: [
      {
        title: `${title}: ${unit}`,
        rows: [
          ['selective', unit, 'difference to none'],
          ...compared.map((selection) => [
            selections[selection],
            withError(losses(selection), 3),
            selection === 'none' ? '' : signed(paired(losses(selection), losses('none')), 3),
          ]),
        ],
      },
    ],
    findings: [
      gain(largest) > 0
        ? `In ${title}, of a single selective parameter ${selections[largest]} gains the most (${gains} ${unit}); ` +
          `all three gain ${fixed(gain(ALL))}, and the best is ${selections[best]}.`
        : `In ${title}, no single selective parameter gains anything (${gains} ${unit}); ` +
          `all three gain ${fixed(gain(ALL))}.`,
    ],
    goals: [
      {
        what: `${title}: Δ alone gains more than B or C alone`,
        measured: `${gains} ${unit}`,
        reached: largest === 'delta' && gain('delta') > 0,
      },
      {
        what: `${title}: Δ, B and C together are best`,
        measured: `${withError(losses(ALL), 3)} ${unit}; the best is ${selections[best]}`,
        reached: best === ALL,
      },
    ],
    panels: [
      dotPlot(
        compared.map((selection) => ({ name: selections[selection], values: losses(selection) })),
        { label: 'test loss', unit },
        title,
      ),
    ],
  };
}
