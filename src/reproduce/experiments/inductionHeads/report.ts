/** What the readings say: who recalls how long, and in what memory. */
import type { Goal } from '../../experiment.ts';
import { mean } from '../../parts/statistics.ts';
import { type InductionResult, type InductionSettings, runId, variants } from './setup.ts';

export function inductionReport(settings: InductionSettings, results: ReadonlyMap<string, InductionResult>) {
  const { variants: chosen, seeds, train, rows } = settings;
  const of = (variant: string) => seeds.map((seed) => results.get(runId(variant, seed)) as InductionResult);
  const lengths = lengthsOf([...results.values()]);
  // A seed that was lost before a length is not averaged into it.
  const at = (variant: string, n: number) =>
    of(variant).flatMap(({ lengths, accuracy }) => (lengths.includes(n) ? [100 * accuracy[lengths.indexOf(n)]] : []));
  const shown = lengths.filter((_, i) => i % 2 === 0);
  const longest = (variant: string) => Math.min(...of(variant).map(({ lengths }) => lengths[lengths.length - 1]));
  const least = (variant: string) => Math.min(...of(variant).flatMap(({ accuracy }) => accuracy));
  const recurrent = chosen.filter((one) => variants[one].recurrent);
  const attention = chosen.filter((one) => !variants[one].recurrent);
  const goals: Goal[] = [];
  if (chosen.includes('mamba')) goals.push(recalls(settings, of('mamba')), flat(of('mamba')));
  for (const one of attention) {
    const last = mean(at(one, longest(one)));
    goals.push({
      what: `${variants[one].name} falls beyond ${train} steps: at most 50 % at its longest`,
      measured: `${last.toFixed(1)} % at ${steps(longest(one))}`,
      reached: last <= 50 && longest(one) > train,
    });
  }
  return {
    tables: [
      {
        title: `Rows answered right, in %, by steps (trained on at most ${train}; ${seeds.length} × ${rows} rows of each; –: not read)`,
        rows: [
          ['', ...shown.map(steps)],
          ...chosen.map((one) => [
            variants[one].name,
            ...shown.map((n) => (at(one, n).length > 0 ? mean(at(one, n)).toFixed(1) : '–')),
          ]),
        ],
      },
      {
        title: 'Memory while rows are read to the longest',
        rows: [
          ['', 'state of a row, bytes', 'process, MiB, early', 'at most'],
          ...chosen.map((one) => {
            const [first, last] = of(one)[0].stateBytes.map(Math.round);
            const early = Math.max(...of(one).map(({ memory }) => memory[0]));
            const most = Math.max(...of(one).map(({ memory }) => memory[1]));
            return [variants[one].name, first === last ? `${first}` : `${first} to ${last}`, `${early}`, `${most}`];
          }),
        ],
      },
    ],
    says: recurrent.map(
      (one) =>
        `${variants[one].name} answers ${least(one).toFixed(3) === '1.000' ? 'every row' : `at least ${(100 * least(one)).toFixed(1)} % of the rows`} ` +
        `at all lengths from 64 to ${steps(longest(one))}.`,
    ),
    goals,
    figure: {
      title: 'Induction heads beyond the training length',
      description: `Rows answered right against their length for ${chosen.map((one) => variants[one].name).join(', ')}.`,
      panels: [
        {
          x: { label: 'steps of a row', log: true },
          y: { label: 'answered right', unit: '%', range: [-4, 104] as const },
          border: train,
          height: 300,
          series: chosen.flatMap((one, color) =>
            of(one).map((seed) => ({
              name: variants[one].name,
              x: seed.lengths,
              y: seed.accuracy.map((part) => 100 * part),
              style: 'both' as const,
              color: color + 1,
              opacity: 0.8,
            })),
          ),
        },
      ],
    },
  };
}

function recalls({ longest }: InductionSettings, seeds: readonly InductionResult[]): Goal {
  const worst = seeds.map(({ lengths, accuracy }) => (lengths.includes(longest) ? Math.min(...accuracy) : 0));
  return {
    what: `a Mamba: at least 99 % at every length up to ${steps(longest)}`,
    measured: `at the worst length, seed by seed: ${worst.map((part) => `${(100 * part).toFixed(1)} %`).join(', ')}`,
    reached: worst.some((part) => part >= 0.99),
  };
}

/** The same memory for a million steps as for a thousand. */
function flat(seeds: readonly InductionResult[]): Goal {
  const growth = Math.max(...seeds.map(({ memory: [early, most] }) => most - early));
  return {
    what: `Mamba's process grows by at most ${GROWTH} MiB from 4096 steps to the longest`,
    measured: `${growth} MiB`,
    reached: growth <= GROWTH,
  };
}

/** MiB that a garbage collector needs to be lazy. */
const GROWTH = 64;

const lengthsOf = (results: readonly InductionResult[]): readonly number[] =>
  results.reduce((most: readonly number[], { lengths }) => (lengths.length > most.length ? lengths : most), []);

const steps = (n: number): string => {
  const power = Math.log2(n);
  return Number.isInteger(power) && n >= 2048 ? `2^${power}` : `${n}`;
};
