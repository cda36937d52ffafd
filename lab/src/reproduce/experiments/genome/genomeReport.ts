/** What the bits of the genome's bases say: who needs how many, with how many bases before each. */
import type { Figure } from '@mamba-ts/forecast/chart';
import type { Goal, Report } from '../../experiment.ts';
import { count } from '../../parts/numbers.ts';
import { halfWidth, isMore, mean, paired, withError } from '../../parts/statistics.ts';
import type { Pass } from './bits.ts';
import { type GenomeSettings, genomeLabels, MARKOV } from './models.ts';

export interface GenomeResult {
  /** Bits a base of each piece of what is scored, for each context; one list for Markov models. */
  pieces: number[][];
  parameters?: number;
  seconds?: number;
  /** Of the pass over the whole genome. */
  pass?: Pass;
}

interface Row {
  name: string;
  label: string;
  all: GenomeResult[];
  /** Bits a base with each context. */
  bits: number[];
}

/** Bases a second that one thread is to read. */
const SPEED = 50_000;

/** The context that others are compared with: 1,024 bases, or the shortest. */
const baseOf = (contexts: readonly number[]) => Math.max(0, contexts.slice(0, -1).indexOf(1024));

const average = (lists: readonly (readonly number[])[]): number[] =>
  lists[0].map((_, i) => mean(lists.map((list) => list[i])));

/** Bits that the second context saves against the first, a piece of the genome each, means of the seeds. */
const savings = ({ all }: Row, from: number, to: number): number[] =>
  average(all.map(({ pieces }) => pieces[from].map((bits, i) => bits - pieces[to][i])));

export function genomeReport(settings: GenomeSettings, results: ReadonlyMap<string, GenomeResult>): Report {
  const rows: Row[] = settings.models.map((name) => {
    const all = settings.seeds.map((seed) => results.get(`${name}-${seed}`) as GenomeResult);
    return { name, label: genomeLabels[name], all, bits: average(all.map(({ pieces }) => pieces.map(mean))) };
  });
  const markov = mean((results.get(MARKOV) as GenomeResult).pieces[0]);
  const { contexts } = settings;
  const last = contexts.length - 1;
  const base = baseOf(contexts);
  const table = [
    [
      'model',
      'parameters',
      ...contexts.map((context) => `${count(context)} before`),
      `saved from ${count(contexts[base])}`,
    ],
    ...rows.map((row) => [
      row.label,
      count(row.all[0].parameters ?? 0),
      ...row.bits.map((bits) => bits.toFixed(4)),
      inThousandths(savings(row, base, last)),
    ]),
    [`${genomeLabels[MARKOV]}, all before`, '', ...contexts.map((_, i) => (i === last ? markov.toFixed(4) : '')), ''],
  ];
  const pass = rows[0].all[0].pass;
  const says = [
    ...rows.map(
      (row) =>
        `${row.label}: ${row.bits[base].toFixed(4)} bits a base with ${count(contexts[base])} bases before each, ${row.bits[last].toFixed(4)} with ${count(contexts[last])}; saved: ${inThousandths(savings(row, base, last))}.`,
    ),
    `Markov models of orders up to ${Math.max(...settings.orders)}, mixed, reach ${markov.toFixed(4)} with all that was before.`,
    ...(pass
      ? [
          `${rows[0].label} read all ${count(pass.bases + 1)} bases in one pass in ${pass.seconds.toFixed(1)} s, ${count(speedOf(pass))} a second, with a state of ${count(pass.stateBytes)} bytes.`,
        ]
      : []),
  ];
  return {
    tables: [{ title: 'Bits a base', rows: table }],
    says,
    goals: goalsOf(rows, contexts, base, markov, pass),
    figure: figureOf(rows, contexts, markov),
  };
}

const bitsWith = ({ all }: Row, context: number) => average(all.map(({ pieces }) => pieces[context]));

const speedOf = ({ bases, seconds }: Pass) => Math.round(bases / seconds);

/** Thousandths of a bit, with the 95 % interval of the mean over pieces. */
const inThousandths = (saved: readonly number[]) => `${withError(saved, 2, 1000)} millibits`;

function goalsOf(
  rows: readonly Row[],
  contexts: readonly number[],
  base: number,
  markov: number,
  pass: Pass | undefined,
): Goal[] {
  const last = contexts.length - 1;
  const [first] = rows;
  const saved = savings(first, base, last);
  const goals: Goal[] = [
    {
      what: `${first.label} needs fewer bits with each longer context, from ${count(contexts[base])} to ${count(contexts[last])} bases`,
      measured: first.bits
        .slice(base)
        .map((bits) => bits.toFixed(4))
        .join(', '),
      reached: first.bits.slice(base).every((bits, i, all) => i === 0 || bits < all[i - 1]),
    },
    {
      what: `${first.label}: what it saves so is more than chance`,
      measured: inThousandths(saved),
      reached: isMore(saved),
    },
    {
      what: `${first.label}: it saves more than each of the others, beyond the interval of the difference`,
      measured: rows.map((row) => `${row.label} ${inThousandths(savings(row, base, last))}`).join(', '),
      reached: rows.slice(1).every((row) => isMore(paired(saved, savings(row, base, last)))),
    },
    {
      what: `with ${count(contexts[last])} bases before each, ${first.label} needs fewer bits than each other, beyond the interval of the difference, and than counting`,
      measured: [
        `${first.label} ${first.bits[last].toFixed(4)}`,
        ...rows
          .slice(1)
          .map((row) => `${row.label} more by ${inThousandths(paired(bitsWith(row, last), bitsWith(first, last)))}`),
        `counting ${markov.toFixed(4)}`,
      ].join(', '),
      reached:
        first.bits[last] < markov &&
        rows.slice(1).every((row) => isMore(paired(bitsWith(row, last), bitsWith(first, last)))),
    },
  ];
  if (!pass) return goals;
  return [
    ...goals,
    {
      what: `the whole genome in one pass, at more than ${count(SPEED)} bases a second`,
      measured: `${count(speedOf(pass))} a second`,
      reached: speedOf(pass) > SPEED,
    },
    {
      what: 'in constant memory: no more tensors after the pass than before, and between two calls less than a megabyte more',
      measured: `${count(pass.heapBefore)} bytes before, ${count(pass.heapMost)} at most, ${count(pass.heapAfter)} after`,
      reached: pass.heapAfter <= pass.heapBefore && pass.heapMost - pass.heapBefore < 2 ** 20,
    },
  ];
}

function figureOf(rows: readonly Row[], contexts: readonly number[], markov: number): Figure {
  const x = { label: 'bases before each base', names: contexts.map(count) };
  const at = contexts.map((_, k) => k);
  const base = baseOf(contexts);
  return {
    title: 'What more context tells of the bases of a genome',
    description: rows
      .map(
        ({ label, bits }) =>
          `${label} falls from ${bits[0].toFixed(4)} to ${bits[bits.length - 1].toFixed(4)} bits a base.`,
      )
      .join(' '),
    panels: [
      {
        x,
        y: { label: 'held-out bases', unit: 'bits a base' },
        series: [
          ...rows.map(({ label, bits }) => ({ name: label, x: at, y: bits, style: 'both' as const })),
          {
            name: `${genomeLabels[MARKOV]}, all before`,
            x: [0, contexts.length - 1],
            y: [markov, markov],
            style: 'dashed' as const,
          },
        ],
        height: 280,
      },
      {
        title: `Saved against ${count(contexts[base])} bases, with 95 % intervals`,
        x,
        y: { label: 'saved', unit: 'thousandths of a bit' },
        series: rows.flatMap((row, i) => {
          const saved = contexts.map((_, k) => savings(row, base, k).map((bits) => 1000 * bits));
          const means = saved.map(mean);
          const halves = saved.map((values) => halfWidth(values));
          return [
            {
              x: at,
              y: means.map((value, k) => value + halves[k]),
              low: means.map((value, k) => value - halves[k]),
              style: 'band' as const,
              color: i,
            },
            { name: row.label, x: at, y: means, style: 'both' as const, color: i },
          ];
        }),
        height: 280,
      },
    ],
    columns: 1,
  };
}
