/** What the runs of the school run say, and their figure. */
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import { bestLoss, bestOfOrder } from '../../../tasks/unifilar.ts';
import type { Report } from '../../experiment.ts';
import { dotPlot } from '../../parts/figures.ts';
import { count } from '../../parts/numbers.ts';
import { mean, withError } from '../../parts/statistics.ts';
import { median } from '../../parts/timing.ts';
import { CHANNELS, isAnnouncement, type Opening } from './delta.ts';
import { LTI, orders, type Result, type Settings, sourceOf, variants } from './setup.ts';

/** What a variant lost in the long run: what its seeds lost more than the filter did, on top of the best. */
const lossesAt = (results: ReadonlyMap<string, Result>, variant: string, best: number): number[] =>
  [...results].filter(([id]) => id.split('.')[0] === variant).map(([, { loss, filter }]) => best + loss - filter);

export function reportOf(settings: Settings, results: ReadonlyMap<string, Result>): Report {
  const source = sourceOf(settings);
  const best = bestLoss(source);
  const exact = orders.map((order) => bestOfOrder(source, order));
  const above = (loss: number) => 100 * (loss / best - 1);
  const percent = (value: number) => `${value.toFixed(1)} %`;
  const rowOf = (id: string, name: string) => ({ id, name, values: lossesAt(results, id, best) });
  const rows = [
    ...Object.entries(variants).map(([id, { name }]) => rowOf(id, name)),
    ...orders.map((order) => rowOf(`order${order}`, `Markov, order ${order}`)),
  ];
  const lostBy = (id: string) => above(mean(lossesAt(results, id, best)));
  const nearest = LTI.reduce((a, b) => (lostBy(a) < lostBy(b) ? a : b));
  const openings = [...results.values()].flatMap(({ opening }) => opening ?? []);
  const widest = openings.map(({ layers }) => layers.reduce((a, b) => (a.opens > b.opens ? a : b)));
  const times = widest.map(({ opens }) => Number(opens.toPrecision(2)));
  return {
    tables: [
      {
        title: `Loss in the long run; the least possible is ${best.toFixed(4)} nats a step`,
        rows: [
          ['model', 'parameters', 'loss (nats a step)', 'above the least'],
          ...rows.map(({ id, name, values }) => [
            name,
            count(results.get(`${id}.0`)?.parameters ?? 0),
            withError(values, 4),
            percent(above(mean(values))),
          ]),
        ],
      },
      {
        title: 'The least that a predictor of the last k symbols can lose, exactly',
        rows: [
          ['k', 'loss (nats a step)', 'above the least'],
          ...exact.map((loss, i) => [String(orders[i]), loss.toFixed(4), percent(above(loss))]),
        ],
      },
      {
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
      },
    ],
    says: [
      `No predictor can lose less than ${best.toFixed(4)} nats a step; one that sees the last symbol alone loses at least ` +
        `${percent(above(exact[0]))} more, one that sees ${orders.at(-1)} at least ${percent(above(exact.at(-1) as number))}.`,
      `Mamba comes within ${percent(lostBy('mamba'))} of the least, the Transformer within ${percent(lostBy('transformer'))}.`,
      `Of the time-invariant models of as many parameters, ${variants[nearest].name} comes nearest: it stays ` +
        `${percent(lostBy(nearest))} above.`,
      `At an announcement Δ opens, in the layer that reacts most, to ${times.join(', ')} times what it is elsewhere (a ` +
        'number a seed).',
      'The source is a hidden Markov model whose state is a function of the past: the least loss is that of its ' +
        'optimal filter, which Mamba is trained to be.',
    ],
    goals: [
      {
        what: 'Mamba within 2 % of the least possible loss',
        measured: percent(lostBy('mamba')),
        reached: lostBy('mamba') <= 2,
      },
      {
        what: 'the best predictor of order 1 at least 10 % above it',
        measured: percent(above(exact[0])),
        reached: above(exact[0]) >= 10,
      },
      {
        what: 'each time-invariant model at least 5 % above it',
        measured: LTI.map((id) => `${variants[id].name} ${percent(lostBy(id))}`).join(', '),
        reached: LTI.every((id) => lostBy(id) >= 5),
      },
      {
        what: 'Δ at announcements at least twice what it is elsewhere, in one layer (median of the seeds)',
        measured: `${times.join(', ')} times`,
        reached: median(widest.map(({ opens }) => opens)) >= 2,
      },
    ],
    figure: {
      title: 'The school run: what must be remembered is chosen by content',
      description:
        'Above, the loss of each model next to the least that is possible. Below, the steps Δ of a trained Mamba ' +
        'along a sequence, with the announcements in it.',
      panels: [lossPanel(rows, best), deltaPanel(openings[0])],
    },
  };
}

function lossPanel(rows: readonly { name: string; values: readonly number[] }[], best: number): Panel {
  const most = Math.max(...rows.flatMap(({ values }) => values));
  const room = 0.06 * (most - best);
  const x = { label: 'loss', unit: 'nats a step', range: [best - room, most + room] as const };
  return {
    ...dotPlot(rows, x, `Loss; the dashed line is the least possible, ${best.toFixed(3)} nats a step`),
    border: best,
  };
}

/** Upright lines where something is said, and Δ of each layer. */
function deltaPanel({ layers, tokens }: Opening): Panel {
  const [least, most] = [Math.min, Math.max].map((of) => of(...layers.flatMap(({ shown }) => shown)));
  const at = tokens.flatMap((token, t) => (isAnnouncement(token) ? [t] : []));
  const uprights: Series = {
    name: 'announcement',
    x: at.flatMap((t) => [t, t, t]),
    y: at.flatMap(() => [least, most, Number.NaN]),
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
    series: [uprights, ...curves],
    height: 260,
  };
}
