/** Differences of the loss to that of S6, seed by seed. */
import { mean, thousands } from '@mamba-ts/core/math';
import type { Panel } from '@mamba-ts/forecast/chart';
import { type Goal, type Report, resultsWith, type Table } from '../../experiment.ts';
import { type AblationRows, lossesOf } from '../../parts/ablations/ablation.ts';
import { ablationTasks, type TaskName } from '../../parts/ablations/ablationTasks.ts';
import { dotPlot } from '../../parts/figures.ts';
import { halfWidth, isMore, paired, signed, withError } from '../../parts/statistics.ts';
import {
  ALLOWED_DIFFERENCE,
  otherKeys,
  type Selecting,
  type Selection,
  selectionKeys,
  selections,
} from './selections.ts';

/** An interval wider than this part of S6's loss, to either side, says little. */
const NARROW = 0.1;

const verdicts = ['better', 'worse', 'open'] as const;
type Verdict = (typeof verdicts)[number];
type Rows = AblationRows<Selecting>;

export function ablationAReport(
  rows: Rows,
  { tasks, seeds }: { tasks: readonly TaskName[]; seeds: readonly number[] },
): Report {
  return {
    tables: tasks.map((task) => tableOf(rows, task)),
    findings: findingsOf(rows, tasks),
    goals: goalsOf(rows, tasks, seeds),
    figure: {
      title: 'A selective A, and a Δ of each state, at equal parameters',
      description: 'Differences of the loss to that of S6, seed by seed, for each task; left of 0 is better.',
      panels: tasks.map((task) => panelOf(rows, task)),
    },
  };
}

const parametersOf = (rows: Rows, task: TaskName, key: Selection) => resultsWith(rows, { task, key })[0].parameters;

const differences = (rows: Rows, task: TaskName, key: Selection) =>
  paired(lossesOf(rows, { task, key }), lossesOf(rows, { task, key: 's6' }));

function verdictOn(values: readonly number[]): Verdict {
  if (isMore(values)) return 'worse';
  return isMore(values.map((value) => -value)) ? 'better' : 'open';
}

function tableOf(rows: Rows, task: TaskName): Table {
  const { name, unit } = ablationTasks[task];
  return {
    title: `${name}: loss in ${unit}`,
    rows: [
      ['selective with B and C', 'parameters', 'loss', 'difference to S6'],
      ...selectionKeys.map((key) => [
        selections[key].name,
        thousands(parametersOf(rows, task, key)),
        withError(lossesOf(rows, { task, key }), 3),
        key === 's6' ? '' : signed(differences(rows, task, key), 3),
      ]),
    ],
  };
}

function findingsOf(rows: Rows, tasks: readonly TaskName[]): string[] {
  const where = (key: Selection, which: Verdict) =>
    tasks.filter((task) => verdictOn(differences(rows, task, key)) === which);
  const answer = (question: string, key: Selection) => {
    const [better, worse] = [where(key, 'better').length, where(key, 'worse').length];
    const of = tasks.length;
    return `${question} ${shortAnswer(better, worse, of)}: better in ${better}, worse in ${worse} of ${of} tasks.`;
  };
  const summary = (key: Selection) => {
    const words = { better: 'better than S6 in', worse: 'worse in', open: 'not told from it in' };
    const parts = verdicts.flatMap((which) => {
      const names = where(key, which).map((task) => ablationTasks[task].name);
      return names.length > 0 ? `${words[which]} ${names.join(', ')}` : [];
    });
    return `${selections[key].name}: ${parts.join('; ')}.`;
  };
  const intervals = otherKeys.length * tasks.length;
  return [
    answer('Does a selective A add to a selective Δ?', 'a-delta'),
    answer('Does a Δ of each state add to one of each channel?', 'per-state'),
    ...otherKeys.map(summary),
    `Of ${intervals} intervals of 95 %, ${(0.05 * intervals).toFixed(1)} are expected to miss 0 by chance.`,
  ];
}

function shortAnswer(better: number, worse: number, of: number): string {
  if (better > 0 && worse > 0) return 'It depends on the task';
  if (better === of) return 'Yes, in every task here';
  if (better > 0) return 'In part';
  return worse > 0 ? 'No, and it can do harm' : 'These runs cannot tell';
}

function goalsOf(rows: Rows, tasks: readonly TaskName[], seeds: readonly number[]): Goal[] {
  const comparisons = tasks.flatMap((task) => otherKeys.map((key) => ({ task, key })));
  const off = Math.max(
    ...comparisons.map(({ task, key }) => Math.abs(parametersOf(rows, task, key) / parametersOf(rows, task, 's6') - 1)),
  );
  const widths = comparisons.map(
    ({ task, key }) => halfWidth(differences(rows, task, key)) / mean(lossesOf(rows, { task, key: 's6' })),
  );
  const narrow = widths.filter((width) => width <= NARROW).length;
  return [
    {
      what: `parameters within ${100 * ALLOWED_DIFFERENCE} % of those of S6`,
      measured: `${(100 * off).toFixed(2)} % at most`,
      reached: off <= ALLOWED_DIFFERENCE,
    },
    {
      what: 'at least 5 seeds and 3 tasks',
      measured: `${seeds.length} seeds, ${tasks.length} tasks`,
      reached: seeds.length >= 5 && tasks.length >= 3,
    },
    {
      what: `most 95 % intervals within ± ${100 * NARROW} % of the loss of S6`,
      measured: `${narrow} of ${widths.length}`,
      reached: 2 * narrow > widths.length,
    },
  ];
}

function panelOf(rows: Rows, task: TaskName): Panel {
  const { name, unit } = ablationTasks[task];
  return {
    ...dotPlot(
      otherKeys.map((key) => ({ name: selections[key].name, values: differences(rows, task, key) })),
      { label: 'loss − loss of S6, left is better', unit },
      name,
      [0],
    ),
    border: 0,
  };
}
