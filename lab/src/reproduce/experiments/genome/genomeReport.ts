/** Bits per base by model and context. */
import { mean, thousands } from '@mamba-ts/core/math';
import type { Figure } from '@mamba-ts/forecast/chart';
import { type Goal, type Report, type Row, resultsWith } from '../../experiment.ts';
import { halfWidth, isMore, paired, withError } from '../../parts/statistics.ts';
import type { Pass } from './bits.ts';
import { type GenomeModel, genomeModels } from './genomeModels.ts';

/** The mixture of Markov models, which counts and is not trained. */
export const MARKOV = 'markov';
export const markovName = 'Markov models, mixed';

export interface Trained {
  model: GenomeModel;
  seed: number;
  /** Whether it also reads the whole genome in one pass. */
  readsAll: boolean;
}

export type GenomeVariant = Trained | { model: typeof MARKOV };

export interface GenomeResult {
  /** Mean bits of each piece of the scored bases, for each context; one list for Markov models. */
  pieces: number[][];
  parameters?: number;
  seconds?: number;
  /** Over the whole genome. */
  pass?: Pass;
}

/** A model with its seeds. */
interface ModelResult {
  name: string;
  seeds: GenomeResult[];
  /** Bits per base with each context. */
  bits: number[];
}

/** Bases a second that one thread is to read. */
const MIN_SPEED = 50_000;
/** Bytes by which the tensors of a pass may grow between two calls. */
const MAX_GROWTH = 2 ** 20;

/** The index of the context that longer ones are compared with: 1,024 bases, or the shortest. */
const baseOf = (contexts: readonly number[]) => Math.max(0, contexts.slice(0, -1).indexOf(1024));

const meanOfLists = (lists: readonly (readonly number[])[]): number[] =>
  lists[0].map((_, i) => mean(lists.map((list) => list[i])));

/** Bits that context `to` saves against context `from`, for each piece of the genome; means of the seeds. */
const savings = ({ seeds }: ModelResult, from: number, to: number): number[] =>
  meanOfLists(seeds.map(({ pieces }) => paired(pieces[from], pieces[to])));

/** Bits of each piece with a context; means of the seeds. */
const bitsOf = ({ seeds }: ModelResult, context: number) => meanOfLists(seeds.map(({ pieces }) => pieces[context]));

const speedOf = ({ bases, seconds }: Pass) => Math.round(bases / seconds);

/** In thousandths of a bit, with the 95 % interval of the mean over pieces. */
const inMillibits = (bits: readonly number[]) => `${withError(bits, 2, 1000)} millibits`;

export function genomeReport(
  rows: readonly Row<GenomeVariant, GenomeResult>[],
  {
    models,
    contexts,
    orders,
  }: { models: readonly GenomeModel[]; contexts: readonly number[]; orders: readonly number[] },
): Report {
  const found = models.map((model): ModelResult => {
    const seeds = resultsWith(rows, { model });
    return { name: genomeModels[model], seeds, bits: meanOfLists(seeds.map(({ pieces }) => pieces.map(mean))) };
  });
  const markov = mean(resultsWith(rows, { model: MARKOV })[0].pieces[0]);
  const last = contexts.length - 1;
  const base = baseOf(contexts);
  const [first] = found;
  const { pass } = first.seeds[0];
  const table = [
    [
      'model',
      'parameters',
      ...contexts.map((context) => `${thousands(context)} before`),
      `saved from ${thousands(contexts[base])}`,
    ],
    ...found.map((model) => [
      model.name,
      thousands(model.seeds[0].parameters ?? 0),
      ...model.bits.map((bits) => bits.toFixed(4)),
      inMillibits(savings(model, base, last)),
    ]),
    [`${markovName}, all before`, '', ...contexts.map((_, i) => (i === last ? markov.toFixed(4) : '')), ''],
  ];
  const findings = [
    ...found.map(
      (model) =>
        `${model.name}: ${model.bits[base].toFixed(4)} bits per base with ${thousands(contexts[base])} bases before ` +
        `each, ${model.bits[last].toFixed(4)} with ${thousands(contexts[last])}; saved: ` +
        `${inMillibits(savings(model, base, last))}.`,
    ),
    `Markov models of orders up to ${Math.max(...orders)}, mixed, reach ${markov.toFixed(4)} with all bases before each.`,
    ...(pass
      ? [
          `${first.name} read all ${thousands(pass.bases + 1)} bases in one pass in ${pass.seconds.toFixed(1)} s, ` +
            `${thousands(speedOf(pass))} a second, with a state of ${thousands(pass.stateBytes)} bytes.`,
        ]
      : []),
  ];
  return {
    tables: [{ title: 'Bits per base', rows: table }],
    findings,
    goals: [...contextGoals(found, contexts, markov), ...(pass ? passGoals(pass) : [])],
    figure: figureOf(found, contexts, markov),
  };
}

function contextGoals(found: readonly ModelResult[], contexts: readonly number[], markov: number): Goal[] {
  const last = contexts.length - 1;
  const base = baseOf(contexts);
  const [first, ...others] = found;
  const saved = savings(first, base, last);
  const bits = first.bits.slice(base);
  const more = (model: ModelResult) => paired(bitsOf(model, last), bitsOf(first, last));
  return [
    {
      what: `${first.name} needs fewer bits with each longer context, from ${thousands(contexts[base])} to ${thousands(contexts[last])} bases`,
      measured: bits.map((value) => value.toFixed(4)).join(', '),
      reached: bits.every((value, i) => i === 0 || value < bits[i - 1]),
    },
    {
      what: `${first.name}: this saving is more than chance`,
      measured: inMillibits(saved),
      reached: isMore(saved),
    },
    {
      what: `${first.name} saves more than each of the others, by more than the interval of the difference`,
      measured: found.map((model) => `${model.name} ${inMillibits(savings(model, base, last))}`).join(', '),
      reached: others.every((model) => isMore(paired(saved, savings(model, base, last)))),
    },
    {
      what: `with ${thousands(contexts[last])} bases before each, ${first.name} needs fewer bits than each of the others, by more than the interval of the difference, and fewer than counting`,
      measured: [
        `${first.name} ${first.bits[last].toFixed(4)}`,
        ...others.map((model) => `${model.name} more by ${inMillibits(more(model))}`),
        `counting ${markov.toFixed(4)}`,
      ].join(', '),
      reached: first.bits[last] < markov && others.every((model) => isMore(more(model))),
    },
  ];
}

const passGoals = (pass: Pass): Goal[] => [
  {
    what: `the whole genome in one pass, at more than ${thousands(MIN_SPEED)} bases a second`,
    measured: `${thousands(speedOf(pass))} a second`,
    reached: speedOf(pass) > MIN_SPEED,
  },
  {
    what: 'in constant memory: no more tensors after the pass than before, and less than a megabyte more between two calls',
    measured: `${thousands(pass.heapBefore)} bytes before, ${thousands(pass.heapMost)} at most, ${thousands(pass.heapAfter)} after`,
    reached: pass.heapAfter <= pass.heapBefore && pass.heapMost - pass.heapBefore < MAX_GROWTH,
  },
];

function figureOf(found: readonly ModelResult[], contexts: readonly number[], markov: number): Figure {
  const x = { label: 'bases before each base', names: contexts.map(thousands) };
  const at = contexts.map((_, k) => k);
  const base = baseOf(contexts);
  return {
    title: 'What more context says about the bases of a genome',
    description: found
      .map(
        ({ name, bits }) =>
          `${name} falls from ${bits[0].toFixed(4)} to ${bits[bits.length - 1].toFixed(4)} bits per base.`,
      )
      .join(' '),
    panels: [
      {
        x,
        y: { label: 'held-out bases', unit: 'bits per base' },
        series: [
          ...found.map(({ name, bits }) => ({ name, x: at, y: bits, style: 'both' as const })),
          {
            name: `${markovName}, all before`,
            x: [0, contexts.length - 1],
            y: [markov, markov],
            style: 'dashed' as const,
          },
        ],
        height: 280,
      },
      {
        title: `Saved against ${thousands(contexts[base])} bases, with 95 % intervals`,
        x,
        y: { label: 'saved', unit: 'thousandths of a bit' },
        series: found.flatMap((model, color) => {
          const saved = contexts.map((_, k) => savings(model, base, k).map((bits) => 1000 * bits));
          const means = saved.map(mean);
          const halves = saved.map(halfWidth);
          return [
            {
              x: at,
              y: means.map((value, k) => value + halves[k]),
              low: means.map((value, k) => value - halves[k]),
              style: 'band' as const,
              color,
            },
            { name: model.name, x: at, y: means, style: 'both' as const, color },
          ];
        }),
        height: 280,
      },
    ],
    columns: 1,
  };
}
