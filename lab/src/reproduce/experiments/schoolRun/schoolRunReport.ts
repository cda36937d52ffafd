/** The losses of the models next to the least possible one, and how Δ reacts to announcements. */
import { mean, median, thousands } from '@mamba-ts/core/math';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import { bestLoss, bestOfOrder } from '../../../tasks/unifilar.ts';
import { type Goal, type Report, type Row, resultsWith, type Table } from '../../experiment.ts';
import { dotPlot } from '../../parts/figures.ts';
import { withError } from '../../parts/statistics.ts';
import { CHANNELS, isAnnouncement, type Opening } from './deltaOpening.ts';
import {
  modelKeys,
  orders,
  type SchoolRunModel,
  type SourceSettings,
  schoolRunModels,
  sourceOf,
  timeInvariant,
} from './schoolRunModels.ts';

/** A model that is trained, or a Markov model that counts. */
export type SchoolRunVariant = { model: SchoolRunModel; seed: number } | { order: number; seed: number };

export interface SchoolRunResult {
  parameters: number;
  /** Mean loss on the test sequences, in nats a step, and what the optimal filter loses on them. */
  loss: number;
  filter: number;
  opening?: Opening;
}

type Rows = readonly Row<SchoolRunVariant, SchoolRunResult>[];

/** A model or a Markov model, with its seeds. */
interface Compared {
  name: string;
  parameters: number;
  /** Nats a step in the long run, by seed. */
  losses: number[];
}

export function schoolRunReport(rows: Rows, settings: SourceSettings): Report {
  const source = sourceOf(settings);
  const best = bestLoss(source);
  const exact = orders.map((order) => bestOfOrder(source, order));
  /** Per cent above the least possible loss. */
  const above = (loss: number) => 100 * (loss / best - 1);
  // What a seed loses more than the filter on the test, on top of the least possible loss.
  const compare = (name: string, seeds: readonly SchoolRunResult[]): Compared => ({
    name,
    parameters: seeds[0].parameters,
    losses: seeds.map(({ loss, filter }) => best + loss - filter),
  });
  const ofModel = (model: SchoolRunModel) => compare(schoolRunModels[model].name, resultsWith(rows, { model }));
  const compared = [
    ...modelKeys.map(ofModel),
    ...orders.map((order) => compare(`Markov, order ${order}`, resultsWith(rows, { order }))),
  ];
  const excess = (model: SchoolRunModel) => above(mean(ofModel(model).losses));
  const openings = rows.flatMap(({ result }) => result.opening ?? []);
  return {
    tables: [
      {
        title: `Loss in the long run; the least possible is ${best.toFixed(4)} nats a step`,
        rows: [
          ['model', 'parameters', 'loss (nats a step)', 'above the least'],
          ...compared.map(({ name, parameters, losses }) => [
            name,
            thousands(parameters),
            withError(losses, 4),
            percent(above(mean(losses))),
          ]),
        ],
      },
      {
        title: 'The least possible loss of a predictor that sees the last k symbols',
        rows: [
          ['k', 'loss (nats a step)', 'above the least'],
          ...exact.map((loss, i) => [String(orders[i]), loss.toFixed(4), percent(above(loss))]),
        ],
      },
      openingTable(openings),
    ],
    findings: findingsOf(best, exact.map(above), excess, openings),
    goals: goalsOf(above(exact[0]), excess, openings),
    figure: {
      title: 'The school run: content decides what must be remembered',
      description:
        'Above, the loss of each model next to the least possible loss. Below, the steps Δ of a trained Mamba along a ' +
        'sequence, with the announcements in it.',
      panels: [lossPanel(compared, best), deltaPanel(openings[0])],
    },
  };
}

const percent = (value: number) => `${value.toFixed(1)} %`;

function openingTable(openings: readonly Opening[]): Table {
  return {
    title: `Mamba's mean Δ in the ${CHANNELS} channels of a layer that react most to announcements`,
    rows: [
      ['seed', 'layer', 'at announcements', 'at places', 'while waiting', 'opens, times (geometric mean)'],
      ...openings.flatMap(({ layers }, seed) =>
        layers.map(({ name, announced, arrived, waited, opens }) => [
          String(seed),
          name,
          ...[announced, arrived, waited].map((delta) => delta.toFixed(3)),
          opens.toFixed(1),
        ]),
      ),
    ],
  };
}

/** How many times Δ opens in the layer that reacts most, by seed. */
const widestOf = (openings: readonly Opening[]): number[] =>
  openings.map(({ layers }) => Math.max(...layers.map(({ opens }) => opens)));

const timesText = (factors: readonly number[]) => factors.map((times) => Number(times.toPrecision(2))).join(', ');

/** How many per cent a model stays above the least possible loss. */
type Excess = (model: SchoolRunModel) => number;

function findingsOf(best: number, above: readonly number[], excess: Excess, openings: readonly Opening[]): string[] {
  const nearest = timeInvariant.reduce((a, b) => (excess(a) < excess(b) ? a : b));
  return [
    `No predictor can lose less than ${best.toFixed(4)} nats a step. One that sees only the last symbol loses at least ` +
      `${percent(above[0])} more, one that sees the last ${orders.at(-1)} at least ${percent(above[above.length - 1])}.`,
    `Mamba comes within ${percent(excess('mamba'))} of the least, the Transformer within ${percent(excess('transformer'))}.`,
    `Of the time-invariant models of as many parameters, ${schoolRunModels[nearest].name} comes nearest: it stays ` +
      `${percent(excess(nearest))} above.`,
    `At an announcement Δ opens, in the layer that reacts most, to ${timesText(widestOf(openings))} times its value ` +
      'elsewhere (a number for each seed).',
    'The source is a hidden Markov model whose state is a function of the past: the least loss is that of its ' +
      'optimal filter, and Mamba is trained to be this filter.',
  ];
}

function goalsOf(aboveOfOrder1: number, excess: Excess, openings: readonly Opening[]): Goal[] {
  const opens = widestOf(openings);
  return [
    {
      what: 'Mamba within 2 % of the least possible loss',
      measured: percent(excess('mamba')),
      reached: excess('mamba') <= 2,
    },
    {
      what: 'the best predictor of order 1 at least 10 % above it',
      measured: percent(aboveOfOrder1),
      reached: aboveOfOrder1 >= 10,
    },
    {
      what: 'each time-invariant model at least 5 % above it',
      measured: timeInvariant.map((model) => `${schoolRunModels[model].name} ${percent(excess(model))}`).join(', '),
      reached: timeInvariant.every((model) => excess(model) >= 5),
    },
    {
      what: 'Δ at announcements at least twice its value elsewhere, in one layer (median of the seeds)',
      measured: `${timesText(opens)} times`,
      reached: median(opens) >= 2,
    },
  ];
}

function lossPanel(compared: readonly Compared[], best: number): Panel {
  const rows = compared.map(({ name, losses }) => ({ name, values: losses }));
  const most = Math.max(...compared.flatMap(({ losses }) => losses));
  const margin = 0.06 * (most - best);
  const x = { label: 'loss', unit: 'nats a step', range: [best - margin, most + margin] as const };
  return {
    ...dotPlot(rows, x, `Loss; the dashed line is the least possible, ${best.toFixed(3)} nats a step`),
    border: best,
  };
}

/** Vertical lines at announcements, and Δ of each layer. */
function deltaPanel({ layers, tokens }: Opening): Panel {
  const [lowest, highest] = [Math.min, Math.max].map((of) => of(...layers.flatMap(({ shown }) => shown)));
  const at = tokens.flatMap((token, t) => (isAnnouncement(token) ? [t] : []));
  const verticals: Series = {
    name: 'announcement',
    x: at.flatMap((t) => [t, t, t]),
    y: at.flatMap(() => [lowest, highest, Number.NaN]),
    style: 'dashed',
    color: 2,
    width: 1.2,
  };
  const colors = [1, 3, 4, 5, 6, 0];
  const curves = layers.map(
    ({ name, shown }, i): Series => ({
      name: `Δ, ${name}`,
      x: shown.map((_, t) => t),
      y: shown,
      color: colors[i % colors.length],
      width: 1.4,
    }),
  );
  return {
    title: `Mamba's Δ along a sequence (seed 0), mean of the ${CHANNELS} channels that react most`,
    x: { label: 'step' },
    y: { label: 'Δ', log: true },
    series: [verticals, ...curves],
    height: 260,
  };
}
