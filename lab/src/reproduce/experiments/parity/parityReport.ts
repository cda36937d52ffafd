/** Accuracy of running sums by the length of the row. */
import { mean } from '@mamba-ts/core/math';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import { type Goal, type Report, type Row, resultsWith, type Table } from '../../experiment.ts';
import { withError } from '../../parts/statistics.ts';

export const modelNames = { mamba: 'Mamba', mamba2: 'Mamba-2', mamba3: 'Mamba-3' } as const;
export type ParityModel = keyof typeof modelNames;

export interface ParityVariant {
  model: ParityModel;
  /** Sums are modulo this. */
  k: number;
  seed: number;
}

export interface ParityResult {
  /** Digits, and the accuracy of the last sums of rows of that length, 0 to 1. */
  lengths: number[];
  accuracy: number[];
  /** Digits of the training rows, by update. */
  course: { iter: number; digits: number; loss: number }[];
}

export function parityReport(
  rows: readonly Row<ParityVariant, ParityResult>[],
  { models, moduli, train }: { models: readonly ParityModel[]; moduli: readonly number[]; train: number },
): Report {
  const { lengths } = rows[0].result;
  /** Each seed, in %; guesses are at 0. */
  const at = (model: ParityModel, k: number, n: number) =>
    resultsWith(rows, { model, k }).map(({ accuracy }) => 100 * scaled(accuracy[lengths.indexOf(n)], k));
  const beyond = lengths.filter((n) => n > train);
  const twice = beyond[0] ?? lengths[lengths.length - 1];
  const shown = lengths.filter((n) => n >= train / 2);
  const tables: Table[] = moduli.map((k) => ({
    title: `${taskName(k)}: accuracy in %, guesses at 0, by digits (trained on at most ${train})`,
    rows: [
      ['', ...shown.map(String)],
      ...models.map((model) => [modelNames[model], ...shown.map((n) => withError(at(model, k, n), 1))]),
    ],
  }));
  const goals = moduli.flatMap((k) =>
    models.map((model): Goal => {
      const values = at(model, k, twice);
      const solves = model === 'mamba3';
      return {
        what: `${modelNames[model]}, ${taskName(k).toLowerCase()}, ${twice} digits: ${solves ? 'at least 95 %' : 'at most 25 %'}`,
        measured: `${withError(values, 1)} %`,
        reached: solves ? mean(values) >= 95 : mean(values) <= 25,
      };
    }),
  );
  const findings = moduli.map((k) => {
    const parts = models.map((model) => `${modelNames[model]} ${mean(at(model, k, twice)).toFixed(0)} %`);
    return `${taskName(k)} at ${twice} digits, ${(twice / train).toFixed(0)} times the training length: ${parts.join(', ')}.`;
  });
  return {
    tables,
    findings,
    goals,
    figure: {
      title: 'Sums modulo k, by the length of the row',
      description: `Accuracy against digits for ${models.map((model) => modelNames[model]).join(', ')}; each line is a seed.`,
      columns: Math.min(2, moduli.length),
      legend: 'shared',
      panels: moduli.map((k) => panelOf(k, train, models, (model) => resultsWith(rows, { model, k }))),
    },
  };
}

/** 0 for guesses, 1 for all right. */
const scaled = (part: number, k: number) => (part - 1 / k) / (1 - 1 / k);

const taskName = (k: number) => (k === 2 ? 'Parity' : `Sums modulo ${k}`);

function panelOf(
  k: number,
  train: number,
  models: readonly ParityModel[],
  seedsOf: (model: ParityModel) => readonly ParityResult[],
): Panel {
  const series = models.flatMap((model, color): Series[] =>
    seedsOf(model).map(({ lengths, accuracy }) => ({
      name: modelNames[model],
      x: lengths,
      y: accuracy.map((part) => 100 * scaled(part, k)),
      style: 'both',
      color: color + 1,
      opacity: 0.8,
    })),
  );
  return {
    title: taskName(k),
    x: { label: `digits (dotted: trained to ${train})`, log: true },
    y: { label: 'accuracy, guesses at 0', unit: '%' },
    series,
    border: train,
  };
}
