/** What the readings say: who recalls how long, and in what memory. */
import type { Goal } from '../../experiment.ts';
import { count } from '../../parts/numbers.ts';
import { type InductionResult, type InductionSettings, runId, variants } from './setup.ts';

export function inductionReport(settings: InductionSettings, results: ReadonlyMap<string, InductionResult>) {
  const { variants: chosen, seeds, train, rows } = settings;
  const of = (variant: string) => seeds.map((seed) => results.get(runId(variant, seed)) as InductionResult);
  const lengths = lengthsOf([...results.values()]);
  /** Rows answered right at a length, in %; none where a seed was lost before. */
  const at = ({ lengths, accuracy }: InductionResult, n: number) =>
    lengths.includes(n) ? 100 * accuracy[lengths.indexOf(n)] : undefined;
  const shown = lengths.filter((_, i) => i % 2 === 0);
  const attention = chosen.filter((one) => !variants[one].recurrent);
  /** Of the seeds that were read longest, the one whose process grew most. */
  const measured = (variant: string) => of(variant).toSorted((a, b) => end(b) - end(a) || grown(b) - grown(a))[0];
  const goals: Goal[] = [];
  if (chosen.includes('mamba')) goals.push(recalls(settings, of('mamba')), flat(of('mamba')));
  for (const one of attention) {
    const last = of(one).map(({ accuracy }) => 100 * accuracy[accuracy.length - 1]);
    goals.push({
      what: `${variants[one].name} falls beyond ${train} steps: every seed to 50 % or less`,
      measured: `${last.map((part) => `${part.toFixed(1)} %`).join(', ')} at ${of(one).map(end).map(steps).join(', ')} steps`,
      reached: last.every((part) => part <= 50) && of(one).every((seed) => end(seed) > train),
    });
  }
  return {
    tables: [
      {
        title: `Rows answered right, in %, by steps (trained on at most ${train}; ${rows} rows of each; –: not read)`,
        rows: [
          ['', 'seed', ...shown.map(steps)],
          ...chosen.flatMap((one) =>
            of(one).map((seed, i) => [
              variants[one].name,
              `${seeds[i]}`,
              ...shown.map((n) => at(seed, n)?.toFixed(1) ?? '–'),
            ]),
          ),
        ],
      },
      {
        title: 'Memory while rows are read, by the seed that is read longest',
        rows: [
          ['', 'read to', 'state of a row, bytes', 'process, MiB, at 4096 steps', 'at most'],
          ...chosen.map((one) => {
            const { stateBytes, memory, ...read } = measured(one);
            const [first, last] = stateBytes.map((bytes) => count(Math.round(bytes)));
            const state = first === last ? first : `${first} to ${last}`;
            return [variants[one].name, steps(end(read)), state, ...memory.map((mib) => count(mib))];
          }),
        ],
      },
    ],
    says: chosen.map(
      (one) =>
        `${variants[one].name}: 99 % of the rows are right at all lengths from ${train} to ` +
        `${of(one)
          .map((seed) => held(seed, train))
          .join(', ')} (a seed each).`,
    ),
    goals,
    figure: {
      title: 'Induction heads beyond the training length',
      description: `Rows answered right against their length for ${chosen.map((one) => variants[one].name).join(', ')}.`,
      panels: [
        {
          x: { label: `steps of a row; dotted: the longest of training, ${train}`, log: true },
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

const end = ({ lengths }: Pick<InductionResult, 'lengths'>): number => lengths[lengths.length - 1];
const grown = ({ memory: [early, most] }: InductionResult): number => most - early;

/** The last length, from that of training on, before 1 % of the rows is wrong. */
function held({ lengths, accuracy }: InductionResult, train: number): string {
  const lost = accuracy.findIndex((part, i) => lengths[i] >= train && part < 0.99);
  const last = lengths[(lost < 0 ? lengths.length : lost) - 1];
  return last >= train ? steps(last) : 'none';
}

function recalls({ longest, train }: InductionSettings, seeds: readonly InductionResult[]): Goal {
  const worst = seeds.map(({ lengths, accuracy }) =>
    lengths.includes(longest) ? Math.min(...accuracy.filter((_, i) => lengths[i] >= train)) : 0,
  );
  return {
    what: `at least one seed of Mamba: at least 99 % at every length from ${train} to ${steps(longest)}`,
    measured: `at the worst length, seed by seed: ${worst.map((part) => `${(100 * part).toFixed(1)} %`).join(', ')}`,
    reached: worst.some((part) => part >= 0.99),
  };
}

/** The same memory for a million steps as for a thousand. */
function flat(seeds: readonly InductionResult[]): Goal {
  const growth = Math.max(...seeds.map(grown));
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
