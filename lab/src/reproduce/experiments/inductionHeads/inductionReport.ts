/** Who recalls how long, and in what memory. */
import { thousands } from '@mamba-ts/core/math';
import { type Goal, type Report, type Row, resultsWith, type Table } from '../../experiment.ts';
import {
  type InductionModel,
  type InductionResult,
  type InductionVariant,
  inductionModels,
} from './inductionModels.ts';

/** MiB by which the process of a model in constant memory may grow: garbage that is not collected yet. */
const MAX_GROWTH = 64;

interface InductionReportSettings {
  variants: readonly InductionModel[];
  seeds: readonly number[];
  train: number;
  longest: number;
  rows: number;
}

export function inductionReport(
  rows: readonly Row<InductionVariant, InductionResult>[],
  settings: InductionReportSettings,
): Report {
  const { variants: models, train } = settings;
  const seedsOf = (model: InductionModel) => resultsWith(rows, { model });
  const goals: Goal[] = models.includes('mamba') ? [recalls(settings, seedsOf('mamba')), flat(seedsOf('mamba'))] : [];
  for (const model of models) {
    if (!inductionModels[model].recurrent) goals.push(falls(inductionModels[model].name, train, seedsOf(model)));
  }
  const names = models.map((model) => inductionModels[model].name);
  return {
    tables: [accuracyTable(settings, seedsOf), memoryTable(models, seedsOf)],
    findings: models.map((model) => {
      const { name } = inductionModels[model];
      const lengths = seedsOf(model).map((seed) => held(seed, train));
      return `${name}, seed by seed: at least 99 % of the rows are right at all lengths from ${train} to ${lengths.join(', ')}.`;
    }),
    goals,
    figure: {
      title: 'Induction heads beyond the training length',
      description: `Rows answered right against their length for ${names.join(', ')}.`,
      panels: [
        {
          x: { label: `steps of a row; dotted: the longest in training, ${train}`, log: true },
          y: { label: 'answered right', unit: '%', range: [-4, 104] as const },
          border: train,
          height: 300,
          series: models.flatMap((model, color) =>
            seedsOf(model).map(({ lengths, accuracy }) => ({
              name: inductionModels[model].name,
              x: lengths,
              y: accuracy.map((part) => 100 * part),
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

type SeedsOf = (model: InductionModel) => InductionResult[];

function accuracyTable({ variants: models, seeds, train, rows }: InductionReportSettings, seedsOf: SeedsOf): Table {
  const lengths = longestOf(models.flatMap(seedsOf));
  const shown = lengths.filter((_, i) => i % 2 === 0);
  const at = ({ lengths, accuracy }: InductionResult, n: number) =>
    lengths.includes(n) ? (100 * accuracy[lengths.indexOf(n)]).toFixed(1) : '–';
  return {
    title: `Rows answered right, in %, by steps (trained on at most ${train}; ${rows} rows of each; –: not read)`,
    rows: [
      ['', 'seed', ...shown.map(steps)],
      ...models.flatMap((model) =>
        seedsOf(model).map((seed, i) => [inductionModels[model].name, `${seeds[i]}`, ...shown.map((n) => at(seed, n))]),
      ),
    ],
  };
}

/** Of each model, the seed that was read longest; among these, the one whose process grew most. */
function memoryTable(models: readonly InductionModel[], seedsOf: SeedsOf): Table {
  return {
    title: 'Memory while rows are read, of the seed that is read longest',
    rows: [
      ['', 'read to', 'state of a row, bytes', 'process, MiB, at 4096 steps', 'at most'],
      ...models.map((model) => {
        const [longest] = seedsOf(model).toSorted((a, b) => end(b) - end(a) || growthOf(b) - growthOf(a));
        const [first, last] = longest.stateBytes.map(thousands);
        const state = first === last ? first : `${first} to ${last}`;
        return [inductionModels[model].name, steps(end(longest)), state, ...longest.memory.map(thousands)];
      }),
    ],
  };
}

const end = ({ lengths }: Pick<InductionResult, 'lengths'>): number => lengths[lengths.length - 1];
const growthOf = ({ memory: [early, most] }: InductionResult): number => most - early;

/** The last length, from the training length on, before 1 % of the rows are wrong. */
function held({ lengths, accuracy }: InductionResult, train: number): string {
  const lost = accuracy.findIndex((part, i) => lengths[i] >= train && part < 0.99);
  const last = lengths[(lost < 0 ? lengths.length : lost) - 1];
  return last >= train ? steps(last) : 'none';
}

function recalls({ longest, train }: InductionReportSettings, seeds: readonly InductionResult[]): Goal {
  const worst = seeds.map(({ lengths, accuracy }) =>
    lengths.includes(longest) ? Math.min(...accuracy.filter((_, i) => lengths[i] >= train)) : 0,
  );
  return {
    what: `at least one seed of Mamba: at least 99 % at every length from ${train} to ${steps(longest)}`,
    measured: `seed by seed, at the worst length: ${worst.map((part) => `${(100 * part).toFixed(1)} %`).join(', ')}`,
    reached: worst.some((part) => part >= 0.99),
  };
}

/** The memory of a million steps is that of a thousand. */
function flat(seeds: readonly InductionResult[]): Goal {
  const growth = Math.max(...seeds.map(growthOf));
  return {
    what: `Mamba's process grows by at most ${MAX_GROWTH} MiB from 4096 steps to the longest`,
    measured: `${growth} MiB`,
    reached: growth <= MAX_GROWTH,
  };
}

function falls(name: string, train: number, seeds: readonly InductionResult[]): Goal {
  const last = seeds.map(({ accuracy }) => 100 * accuracy[accuracy.length - 1]);
  const ends = seeds.map(end);
  return {
    what: `${name}, beyond ${train} steps: every seed falls to 50 % or less`,
    measured: `${last.map((part) => `${part.toFixed(1)} %`).join(', ')} at ${ends.map(steps).join(', ')} steps`,
    reached: last.every((part) => part <= 50) && ends.every((length) => length > train),
  };
}

/** The lengths of the seed that was read longest. */
const longestOf = (results: readonly InductionResult[]): readonly number[] =>
  results.reduce((most: readonly number[], { lengths }) => (lengths.length > most.length ? lengths : most), []);

const steps = (n: number): string => {
  const power = Math.log2(n);
  return Number.isInteger(power) && n >= 2048 ? `2^${power}` : `${n}`;
};
