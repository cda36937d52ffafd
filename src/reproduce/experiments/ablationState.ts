/** What a larger state is worth, and what a larger projection of Δ: tables 9 and 10 of the Mamba paper. */
import type { Panel, Series } from '../../inspect/figure.ts';
import { defineExperiment, type Goal, type Run, type RunContext } from '../experiment.ts';
import { mean, withError } from '../statistics.ts';
import {
  type Ablated,
  type LearningSettings,
  learnText,
  lossesOf,
  runsOf,
  type Variant,
  variantOf,
} from './ablations.ts';

interface StateSettings extends LearningSettings {
  /** N, with constant B and C and with selective ones. */
  states: readonly number[];
  /** Ranks of the projection that makes Δ; 0: Δ is not selective. With dState states. */
  ranks: readonly number[];
}

const KINDS = [
  { id: 'constant', name: 'constant B and C', selects: 'delta' },
  { id: 'selective', name: 'selective B and C', selects: 'delta,B,C' },
] as const;
type Kind = (typeof KINDS)[number];

const stateVariant = (kind: Kind, N: number): Variant => ({
  id: `${kind.id}-n${N}`,
  name: `${kind.name}, N = ${N}`,
  config: { selects: kind.selects, dState: N },
  work: 1 + N / 16,
});

const rankVariant = (rank: number): Variant => ({
  id: `rank${rank}`,
  name: rank === 0 ? 'Δ constant' : `Δ of rank ${rank}`,
  config: rank === 0 ? { selects: 'B,C' } : { dtRank: rank },
  work: 1.5,
});

const variants = ({ states, ranks }: StateSettings): Variant[] => [
  ...KINDS.flatMap((kind) => states.map((N) => stateVariant(kind, N))),
  ...ranks.map(rankVariant),
];

function runs(settings: StateSettings): Run[] {
  const { states, ranks } = settings;
  if (states.length < 2) {
    throw new Error(`ablation-state: states is ${states.join(',')}, expected at least two, to compare.`);
  }
  if (!ranks.includes(0) || ranks.length < 2) {
    throw new Error(`ablation-state: ranks is ${ranks.join(',')}, expected 0 (a constant Δ) and at least one more.`);
  }
  return runsOf('ablation-state', variants(settings), settings.seeds);
}

function run(one: Run, settings: StateSettings, context: RunContext): Promise<Ablated> {
  const { variant, seed } = variantOf(variants(settings), settings.seeds, one);
  return learnText(context, variant.config, settings, seed);
}

function report(settings: StateSettings, results: ReadonlyMap<string, Ablated>) {
  const { states, ranks, seeds, dState } = settings;
  const losses = (variant: Variant) => lossesOf(variant, seeds, results);
  const [least, most] = [Math.min(...states), Math.max(...states)];
  const gains = KINDS.map((kind) => mean(losses(stateVariant(kind, least))) - mean(losses(stateVariant(kind, most))));
  const [constant, selective] = gains;
  const byRank = ranks.map((rank) => mean(losses(rankVariant(rank))));
  const of = (rank: number) => byRank[ranks.indexOf(rank)];
  const projected = ranks.filter((rank) => rank > 0).sort((a, b) => a - b);
  const [first, last] = [projected[0], projected[projected.length - 1]];
  const toFirst = of(0) - of(first);
  const toLast = of(first) - of(last);
  const goals: Goal[] = [
    {
      what: `from ${least} to ${most} states, selective B and C gain at least twice what constant ones do`,
      measured: `${selective.toFixed(3)} and ${constant.toFixed(3)} bits per byte`,
      reached: selective > 0 && selective >= 2 * constant,
    },
    {
      what: `with ${most} states, selective B and C are better than constant ones`,
      measured: KINDS.map((kind) => withError(losses(stateVariant(kind, most)), 3))
        .reverse()
        .join(' and '),
      reached: mean(losses(stateVariant(KINDS[1], most))) < mean(losses(stateVariant(KINDS[0], most))),
    },
    {
      what: `a Δ of rank ${first} gains more over a constant one than rank ${last} over that`,
      measured: `${toFirst.toFixed(3)} and ${toLast.toFixed(3)} bits per byte`,
      reached: toFirst > 0 && toFirst > toLast,
    },
  ];
  return {
    tables: [
      {
        title: 'Bits per byte by states of a channel',
        rows: [
          ['N', ...KINDS.map(({ name }) => name)],
          ...states.map((N) => [String(N), ...KINDS.map((kind) => withError(losses(stateVariant(kind, N)), 3))]),
        ],
      },
      {
        title: `Bits per byte by the rank of Δ's projection, ${dState} states`,
        rows: [
          ['rank', 'bits per byte'],
          ...ranks.map((rank) => [
            rank === 0 ? 'none: Δ constant' : String(rank),
            withError(losses(rankVariant(rank)), 3),
          ]),
        ],
      },
    ],
    says: [
      `From ${least} to ${most} states, constant B and C gain ${constant.toFixed(3)} bits per byte, ` +
        `selective ones ${selective.toFixed(3)}.`,
      `A selective Δ of rank ${first} gains ${toFirst.toFixed(3)} bits per byte over a constant one, ` +
        `rank ${last} a further ${toLast.toFixed(3)}.`,
    ],
    goals,
    figure: {
      title: 'What a larger state is worth',
      description: 'Bits per byte against states of a channel, and against the rank of the projection of Δ.',
      columns: 2,
      panels: [
        panelOf(
          'States of a channel',
          'N',
          states,
          KINDS.map((kind) => ({
            name: kind.name,
            of: (N: number) => losses(stateVariant(kind, N)),
          })),
        ),
        panelOf("Rank of Δ's projection", 'rank', ranks, [{ of: (rank: number) => losses(rankVariant(rank)) }]),
      ],
    },
  };
}

/** Steps side by side, for they are powers of two and 0; each seed a dot, their mean a line. */
function panelOf(
  title: string,
  label: string,
  at: readonly number[],
  curves: readonly { name?: string; of(at: number): number[] }[],
): Panel {
  const series = curves.flatMap(({ name, of }, i): Series[] => [
    { name, x: at.map((_, k) => k), y: at.map((one) => mean(of(one))), style: 'both', color: i + 1 },
    {
      x: at.flatMap((one, k) => of(one).map(() => k)),
      y: at.flatMap((one) => of(one)),
      style: 'points',
      color: i + 1,
      opacity: 0.45,
    },
  ]);
  return { title, x: { label, names: at.map(String) }, y: { label: 'test loss', unit: 'bits per byte' }, series };
}

export const ablationState = defineExperiment<StateSettings, Ablated>({
  name: 'ablation-state',
  about: 'Loss against the size of the state, with constant and with selective B and C, and against the rank of Δ.',
  claim:
    'With constant B and C more states do next to nothing (perplexity 9.88 to 9.81 from N = 1 to 16), with ' +
    'selective ones they help (9.73 to 8.71); Δ by a projection to a single dimension is already much better than a ' +
    'constant Δ, and more dimensions add little. Gu & Dao 2023, tables 9 and 10.',
  scale:
    'Two layers of 64 channels on the plays of Shakespeare (1 MB), bits per byte of their last tenth; there 350 ' +
    'million parameters on the Pile. All variants of a seed see the same batches.',
  full: {
    states: [1, 2, 4, 8, 16],
    ranks: [0, 1, 2, 4, 8],
    seeds: [1, 2],
    dModel: 64,
    nLayer: 2,
    dState: 8,
    updates: 1500,
    batchSize: 16,
    length: 128,
    learningRate: 4e-3,
  },
  quick: {
    states: [1, 16],
    ranks: [0, 1, 4],
    seeds: [1],
    dModel: 32,
    nLayer: 1,
    dState: 8,
    updates: 500,
    batchSize: 8,
    length: 128,
    learningRate: 1e-2,
  },
  runs,
  run,
  report,
});
