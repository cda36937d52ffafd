/** Accuracy of copying with selection and without it. */
import { mean } from '@mamba-ts/core/math';
import type { Panel } from '@mamba-ts/forecast/chart';
import { type Goal, type Report, type Row, resultsWith, type Table } from '../../experiment.ts';
import { dotPlot } from '../../parts/figures.ts';
import { withError } from '../../parts/statistics.ts';

/** The rows of table 1 that the model families can make. */
export const copyingModels = {
  s4: { name: 'S4', block: 'none', layer: 'S4' },
  'h3-s4': { name: 'H3', block: 'H3', layer: 'S4' },
  'h3-s6': { name: 'H3 with S6', block: 'H3', layer: 'S6' },
  'mamba-s4': { name: 'Mamba with S4', block: 'Mamba', layer: 'S4' },
  mamba: { name: 'Mamba', block: 'Mamba', layer: 'S6' },
} as const;
export type CopyingModel = keyof typeof copyingModels;

export const kinds = ['selective', 'plain'] as const;
export type CopyingKind = (typeof kinds)[number];
export const kindNames: Readonly<Record<CopyingKind, string>> = {
  selective: 'Selective copying',
  plain: 'Plain copying',
};

export interface CopyingVariant {
  kind: CopyingKind;
  model: CopyingModel;
  seed: number;
}

export interface CopyingResult {
  /** Of the symbols of test rows, 0 to 1. */
  accuracy: number;
  updates: number;
  curve: { iter: number; loss: number; accuracy: number }[];
}

/** Points of accuracy by which a time-invariant model is to stay below Mamba. */
const FAR_POINTS = 20;

export function copyingReport(
  rows: readonly Row<CopyingVariant, CopyingResult>[],
  settings: Readonly<Record<CopyingKind, readonly CopyingModel[]>>,
): Report {
  const values = (kind: CopyingKind, model: CopyingModel) =>
    resultsWith(rows, { kind, model }).map(({ accuracy }) => 100 * accuracy);
  const isRun = (kind: CopyingKind, model: CopyingModel) => settings[kind].includes(model);
  const table: Table = {
    rows: [
      ['', 'block', 'layer', ...kinds.map((kind) => `${kindNames[kind].toLowerCase()}, %`)],
      ...(Object.keys(copyingModels) as CopyingModel[])
        .filter((model) => kinds.some((kind) => isRun(kind, model)))
        .map((model) => {
          const { name, block, layer } = copyingModels[model];
          return [
            ...[name, block, layer],
            ...kinds.map((kind) => (isRun(kind, model) ? withError(values(kind, model), 1) : '–')),
          ];
        }),
    ],
  };
  return {
    tables: [table],
    findings: findingsOf(values, settings),
    goals: goalsOf(values, settings),
    figure: {
      title: 'Copying with and without selection',
      description: 'Accuracy of S4, H3 and Mamba with and without selection, on selective and on plain copying.',
      panels: [
        ...kinds.map((kind) =>
          dotPlot(
            settings[kind].map((model) => ({ name: copyingModels[model].name, values: values(kind, model) })),
            { label: 'accuracy of the symbols', unit: '%', range: [0, 102] },
            kindNames[kind],
          ),
        ),
        curvesPanel(rows, settings.selective),
      ],
    },
  };
}

/** The accuracy of a model by seed, in %. */
type Values = (kind: CopyingKind, model: CopyingModel) => readonly number[];

function goalsOf(values: Values, { selective, plain }: Readonly<Record<CopyingKind, readonly CopyingModel[]>>): Goal[] {
  const goals: Goal[] = [];
  const ofSelective = (model: CopyingModel, what: string, isReached: (accuracy: number) => boolean) => {
    if (!selective.includes(model)) return;
    goals.push({
      what: `${copyingModels[model].name}, selective copying: ${what}`,
      measured: `${withError(values('selective', model), 1)} %`,
      reached: isReached(mean(values('selective', model))),
    });
  };
  ofSelective('mamba', 'at least 97 %', (accuracy) => accuracy >= 97);
  if (selective.includes('mamba')) {
    const bound = mean(values('selective', 'mamba')) - FAR_POINTS;
    for (const model of ['s4', 'h3-s4'] as const) {
      ofSelective(model, `at least ${FAR_POINTS} points below Mamba`, (accuracy) => accuracy <= bound);
    }
  }
  const order = ['s4', 'mamba-s4', 'mamba'] as const;
  if (order.every((model) => selective.includes(model))) {
    const [low, middle, high] = order.map((model) => mean(values('selective', model)));
    goals.push({
      what: 'Mamba with S4, selective copying: between S4 and Mamba',
      measured: `${low.toFixed(1)} < ${middle.toFixed(1)} < ${high.toFixed(1)} %`,
      reached: low < middle && middle < high,
    });
  }
  const worst = Math.min(...plain.flatMap((model) => values('plain', model)));
  goals.push({
    what: 'Plain copying, every model: at least 97 %',
    measured: `${worst.toFixed(1)} % for the worst`,
    reached: worst >= 97,
  });
  return goals;
}

function findingsOf(
  values: Values,
  { selective, plain }: Readonly<Record<CopyingKind, readonly CopyingModel[]>>,
): string[] {
  const best = (models: readonly CopyingModel[]) =>
    Math.max(...models.map((model) => mean(values('selective', model)))).toFixed(1);
  const [without, withSelection] = ['S4', 'S6'].map((layer) =>
    selective.filter((model) => copyingModels[model].layer === layer),
  );
  return [
    ...(withSelection.length > 0 && without.length > 0
      ? [
          `With selection (S6), selective copying reaches ${best(withSelection)} %; without it (S4), in any block, ` +
            `at most ${best(without)} %.`,
        ]
      : []),
    ...plain
      .filter((model) => selective.includes(model))
      .map((model) => {
        const [free, fixed] = kinds.map((kind) => mean(values(kind, model)).toFixed(1));
        return `${copyingModels[model].name} copies ${fixed} % where the places are fixed and ${free} % where they differ.`;
      }),
  ];
}

const curvesPanel = (rows: readonly Row<CopyingVariant, CopyingResult>[], models: readonly CopyingModel[]): Panel => ({
  title: 'Learning selective copying',
  x: { label: 'update' },
  y: { label: 'accuracy', unit: '%', range: [0, 102] },
  series: models.flatMap((model, color) =>
    resultsWith(rows, { kind: 'selective', model }).map(({ curve }) => ({
      name: copyingModels[model].name,
      x: curve.map(({ iter }) => iter),
      y: curve.map(({ accuracy }) => 100 * accuracy),
      color: color + 1,
    })),
  ),
});
