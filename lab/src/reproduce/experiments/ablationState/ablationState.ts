/** What a larger state is worth, and a larger projection of Δ: tables 9 and 10 of the Mamba paper. */
import { UsageError } from '@mamba-ts/core/errors';
import { mean } from '@mamba-ts/core/math';
import { field } from '@mamba-ts/core/schema';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import type { Goal } from '../../experiment.ts';
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
import { isMore, paired, withError } from '../../parts/statistics.ts';
import { countField } from '../../settings.ts';

const kinds = {
  constant: { name: 'constant B and C', selects: 'delta' },
  selective: { name: 'selective B and C', selects: 'delta,B,C' },
} as const;
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

/** Of `kind`, with `states` states; or, with the default of states, of `rank`. */
interface Sized extends Compared {
  kind?: Kind;
  states?: number;
  rank?: number;
}

const withStates = (kind: Kind, states: number): Sized => ({
  kind,
  states,
  key: `${kind}-n${states}`,
  name: `${kinds[kind].name}, N = ${states}`,
  config: { selects: kinds[kind].selects, dState: states },
  work: 1 + states / 16,
});

const withRank = (rank: number): Sized => ({
  rank,
  key: `rank${rank}`,
  name: rank === 0 ? 'Δ constant' : `Δ of rank ${rank}`,
  config: rank === 0 ? { selects: 'B,C' } : { dtRank: rank },
  work: 1.5,
});

export const ablationState = defineAblation({
  name: 'ablation-state',
  fields: {
    ...ablationFields(['language', 'recall'], [1, 2, 3, 4], { ...fullSizes, drawnUpdates: 8000 }),
    textLayers: countField(4),
    /** N, with constant and with selective B and C. */
    states: field.list(field.whole({ min: 1 }), { default: [1, 2, 4, 8, 16] }),
    /** Ranks of the projection that makes Δ, with dState states; 0: Δ is not selective. */
    ranks: field.list(field.whole({ min: 0 }), { default: [0, 1, 2, 4] }),
  },
  quick: {
    ...{ states: [1, 16], ranks: [0, 1, 4], seeds: [1], textLayers: 1 },
    ...{ ...quickSizes, keys: 4, drawnModel: 16, drawnExpand: 1 },
  },
  compared(_, { states, ranks }): Sized[] {
    if (states.length < 2) {
      throw new UsageError('ablation-state', `states is ${states.join(',')}, expected at least two, to compare.`);
    }
    if (!ranks.includes(0) || ranks.length < 2) {
      throw new UsageError(
        'ablation-state',
        `ranks is ${ranks.join(',')}, expected 0 (a constant Δ) and at least one more.`,
      );
    }
    return [...kindNames.flatMap((kind) => states.map((N) => withStates(kind, N))), ...ranks.map(withRank)];
  },
  report: (rows, settings) =>
    joined(
      {
        title: 'What a larger state is worth',
        description: 'Test loss against states of a channel, and against the rank of the projection of Δ.',
        columns: 2,
      },
      settings.tasks.map((task) => taskReport(task, rows, settings)),
    ),
});

/** Whether these gains are more than chance; of a single seed, whether there is any. */
const isGain = (gains: readonly number[]) => (gains.length === 1 ? gains[0] > 0 : isMore(gains));

const shown = (values: readonly number[]) => withError(values, 3);

function taskReport(
  task: TaskName,
  rows: AblationRows<Sized>,
  { states, ranks, dState }: { states: readonly number[]; ranks: readonly number[]; dState: number },
): TaskReport {
  const { name: title, unit } = ablationTasks[task];
  const ofStates = (kind: Kind, N: number) => lossesOf(rows, { task, kind, states: N });
  const ofRank = (rank: number) => lossesOf(rows, { task, rank });
  const [fewest, most] = [Math.min(...states), Math.max(...states)];
  /** What the loss falls by from the fewest states to the most, seed by seed. */
  const gainOf = (kind: Kind) => paired(ofStates(kind, fewest), ofStates(kind, most));
  const [constant, selective] = kindNames.map(gainOf);
  const chosen = paired(ofStates('constant', most), ofStates('selective', most));
  const projected = [...ranks].sort((a, b) => a - b).slice(1);
  const [first, last] = [projected[0], projected[projected.length - 1]];
  const toFirst = paired(ofRank(0), ofRank(first));
  const toLast = paired(ofRank(first), ofRank(last));
  const goals: Goal[] = [
    {
      what: `${title}: from ${fewest} to ${most} states, selective B and C gain, beyond the interval, and at least twice what constant ones do`,
      measured: `${shown(selective)} and ${shown(constant)} ${unit}`,
      reached: isGain(selective) && mean(selective) >= 2 * mean(constant),
    },
    {
      what: `${title}: with ${most} states, selective B and C are better than constant ones, beyond the interval`,
      measured: `by ${shown(chosen)} ${unit}`,
      reached: isGain(chosen),
    },
    {
      what: `${title}: a Δ of rank ${first} gains over a constant one, and rank ${last} over that, beyond the interval`,
      measured: `${shown(toFirst)} and ${shown(toLast)} ${unit}`,
      reached: isGain(toFirst) && isGain(toLast),
    },
  ];
  return {
    tables: [
      {
        title: `${title}: ${unit} by states of a channel`,
        rows: [
          ['N', ...kindNames.map((kind) => kinds[kind].name)],
          ...states.map((N) => [String(N), ...kindNames.map((kind) => shown(ofStates(kind, N)))]),
        ],
      },
      {
        title: `${title}: ${unit} by the rank of Δ's projection, ${dState} states`,
        rows: [
          ['rank', unit],
          ...ranks.map((rank) => [rank === 0 ? 'none: Δ constant' : String(rank), shown(ofRank(rank))]),
        ],
      },
    ],
    findings: [
      `In ${title}, from ${fewest} to ${most} states constant B and C gain ${shown(constant)} ${unit}, selective ones ` +
        `${shown(selective)}; a selective Δ of rank ${first} gains ${shown(toFirst)} over a constant one, rank ${last} ` +
        `a further ${shown(toLast)}.`,
    ],
    goals,
    panels: [
      panelOf(
        `${title}: states of a channel`,
        'N',
        unit,
        states,
        kindNames.map((kind) => ({ name: kinds[kind].name, lossesAt: (N) => ofStates(kind, N) })),
      ),
      panelOf(`${title}: rank of Δ's projection`, 'rank', unit, ranks, [{ lossesAt: ofRank }]),
    ],
  };
}

interface Curve {
  name?: string;
  lossesAt(size: number): number[];
}

/** Sizes are evenly spaced, for they are powers of two and 0. Each seed is a dot, their mean a line. */
function panelOf(
  title: string,
  label: string,
  unit: string,
  sizes: readonly number[],
  curves: readonly Curve[],
): Panel {
  const series = curves.flatMap(({ name, lossesAt }, i): Series[] => [
    { name, x: sizes.map((_, k) => k), y: sizes.map((size) => mean(lossesAt(size))), style: 'both', color: i + 1 },
    {
      x: sizes.flatMap((size, k) => lossesAt(size).map(() => k)),
      y: sizes.flatMap(lossesAt),
      style: 'points',
      color: i + 1,
      opacity: 0.45,
    },
  ]);
  return { title, x: { label, names: sizes.map(String) }, y: { label: 'test loss', unit }, series };
}
