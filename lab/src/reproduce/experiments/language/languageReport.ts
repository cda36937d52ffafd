/** Bits per byte of the language models. */
import { mean, thousands } from '@mamba-ts/core/math';
import type { Figure } from '@mamba-ts/forecast/chart';
import { type Goal, type Report, type Row, resultsWith } from '../../experiment.ts';
import { dotPlot } from '../../parts/figures.ts';
import { withError } from '../../parts/statistics.ts';
import { type LanguageModelName, languageModels } from './languageModels.ts';

export interface LanguageVariant {
  model: LanguageModelName;
  seed: number;
}

export interface LanguageResult {
  /** Bits per byte of the validation part, after the last update. */
  bits: number;
  parameters: number;
  /** Bits per byte during training. */
  curve: { bytes: number; bits: number }[];
  seconds: number;
}

/** The part by which the numbers of parameters may differ. */
export const SIZE_TOLERANCE = 0.03;
/** The part by which Mamba-2 and Mamba-3 may need more bits than Mamba. */
const BITS_TOLERANCE = 0.02;

/** A model with its seeds. */
interface ModelResult {
  model: LanguageModelName;
  name: string;
  seeds: LanguageResult[];
  /** Of each seed. */
  bits: number[];
}

export function languageReport(
  rows: readonly Row<LanguageVariant, LanguageResult>[],
  { models, learningRates }: { models: readonly LanguageModelName[]; learningRates: readonly number[] },
): Report {
  const found = models.map((model): ModelResult => {
    const seeds = resultsWith(rows, { model });
    return { model, name: languageModels[model].name, seeds, bits: seeds.map(({ bits }) => bits) };
  });
  const ranked = found.toSorted((a, b) => mean(a.bits) - mean(b.bits));
  const speed = ({ seeds }: ModelResult) =>
    mean(seeds.map(({ curve, seconds }) => (curve.at(-1)?.bytes ?? 0) / seconds));
  const table = [
    ['model', 'parameters', 'learning rate', 'bits per byte', 'bytes/s in training'],
    ...ranked.map((one) => [
      one.name,
      thousands(one.seeds[0].parameters),
      learningRates[models.indexOf(one.model)].toString(),
      withError(one.bits, 3),
      thousands(speed(one)),
    ]),
  ];
  const bits = new Map(found.map((one) => [one.model, mean(one.bits)]));
  return {
    tables: [{ rows: table }],
    findings: findingsOf(ranked, bits),
    goals: goalsOf(found, bits),
    figure: figureOf(ranked),
  };
}

/** The mean bits per byte of each model that was run. */
type Bits = ReadonlyMap<LanguageModelName, number>;

function findingsOf(ranked: readonly ModelResult[], bits: Bits): string[] {
  const order = ranked.map((one) => `${one.name} (${mean(one.bits).toFixed(3)})`).join(', ');
  const mamba = bits.get('mamba');
  const apart = (['transformer', 's4d'] as const).flatMap((model) => {
    const own = bits.get(model);
    if (own === undefined || mamba === undefined) return [];
    const percent = 100 * (own / mamba - 1);
    const { name } = languageModels[model];
    return `${name} needs ${Math.abs(percent).toFixed(1)} % ${percent < 0 ? 'fewer' : 'more'} bits than Mamba.`;
  });
  return [`From the fewest bits per byte to the most: ${order}.`, ...apart];
}

function goalsOf(found: readonly ModelResult[], bits: Bits): Goal[] {
  const shown = (models: readonly LanguageModelName[]) =>
    models.map((model) => `${languageModels[model].name} ${bits.get(model)?.toFixed(3)}`).join(', ');
  const isRun = (models: readonly LanguageModelName[]) => models.every((model) => bits.has(model));
  const at = (model: LanguageModelName) => bits.get(model) ?? Number.NaN;
  const goals: Goal[] = [];
  const attention = ['transformer', 'transformer-mqa'] as const;
  if (isRun(['mamba', ...attention])) {
    goals.push({
      what: 'Mamba needs no more bits per byte than the Transformer, multi-head or multi-query',
      measured: shown(['mamba', ...attention]),
      reached: attention.every((model) => at('mamba') <= at(model)),
    });
  }
  const later = ['mamba2', 'mamba3'] as const;
  if (isRun(['mamba', ...later])) {
    goals.push({
      what: `Mamba-2 and Mamba-3 need at most ${100 * BITS_TOLERANCE} % more bits than Mamba`,
      measured: shown(['mamba', ...later]),
      reached: later.every((model) => at(model) <= (1 + BITS_TOLERANCE) * at('mamba')),
    });
  }
  if (isRun(['s4d'])) {
    goals.push({
      what: 'S4D, the linear time-invariant one, needs the most bits',
      measured: shown(found.map(({ model }) => model)),
      reached: found.every(({ model }) => model === 's4d' || at(model) < at('s4d')),
    });
  }
  const sizes = found.map(({ seeds }) => seeds[0].parameters);
  const spread = Math.max(...sizes) / Math.min(...sizes) - 1;
  goals.push({
    what: `the models' numbers of parameters differ by at most ${100 * SIZE_TOLERANCE} %`,
    measured: `${(100 * spread).toFixed(1)} %`,
    reached: spread <= SIZE_TOLERANCE,
  });
  return goals;
}

function figureOf(ranked: readonly ModelResult[]): Figure {
  const axis = { label: 'validation', unit: 'bits per byte' };
  const bits = ranked.map((one) => `${one.name}: ${mean(one.bits).toFixed(3)}`).join('; ');
  return {
    title: 'Language models of one size on Shakespeare',
    description: `Bits per byte: ${bits}.`,
    panels: [
      dotPlot(
        ranked.map((one) => ({ name: one.name, values: one.bits })),
        axis,
        'After the last update: seeds, their mean and its 95 % interval',
      ),
      {
        title: 'During training (means of the seeds)',
        x: { label: 'bytes read', unit: 'millions' },
        y: axis,
        series: ranked.map(({ name, seeds }) => ({
          name,
          x: seeds[0].curve.map(({ bytes }) => bytes / 1e6),
          y: seeds[0].curve.map((_, i) => mean(seeds.map(({ curve }) => curve[i].bits))),
          style: 'both' as const,
        })),
        height: 300,
      },
    ],
  };
}
