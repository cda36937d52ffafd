/** What has to be selective: table 7 of the Mamba paper. */
import { defineExperiment, type Run, type RunContext } from '../experiment.ts';
import { dotPlot } from '../figures.ts';
import { mean, withError } from '../statistics.ts';
import {
  type Ablated,
  type LearningSettings,
  learnText,
  lossesOf,
  paired,
  runsOf,
  signed,
  type Variant,
  variantOf,
} from './ablations.ts';

interface SelectivitySettings extends LearningSettings {
  /** What is selective: 'none', or names joined by '+'. */
  selections: readonly string[];
}

const ALL = 'delta+B+C';
const SINGLE = ['B', 'C', 'delta'];

const nameOf = (selection: string) => selection.replace('delta', 'Δ').replaceAll('+', ', ');

function variants({ selections }: SelectivitySettings): Variant[] {
  return selections.map((selection) => ({
    id: selection.replaceAll('+', '-'),
    name: nameOf(selection),
    config: { selects: selection.replaceAll('+', ',') },
    work: selection === ALL ? 1 : 1.2,
  }));
}

function runs(settings: SelectivitySettings): Run[] {
  const missing = ['none', ...SINGLE, ALL].find((name) => !settings.selections.includes(name));
  if (missing !== undefined) {
    throw new Error(
      `ablation-selectivity: selections has no ${missing}, expected none, B, C, delta and ${ALL} among them.`,
    );
  }
  return runsOf('ablation-selectivity', variants(settings), settings.seeds);
}

function run(one: Run, settings: SelectivitySettings, context: RunContext): Promise<Ablated> {
  const { variant, seed } = variantOf(variants(settings), settings.seeds, one);
  return learnText(context, variant.config, settings, seed);
}

function report(settings: SelectivitySettings, results: ReadonlyMap<string, Ablated>) {
  const { selections, seeds } = settings;
  const all = variants(settings);
  const of = new Map(selections.map((name, i) => [name, lossesOf(all[i], seeds, results)]));
  const losses = (name: string) => of.get(name) as number[];
  const gain = (name: string) => mean(paired(losses('none'), losses(name)));
  const largest = SINGLE.reduce((best, name) => (gain(name) > gain(best) ? name : best));
  const best = selections.reduce((a, b) => (mean(losses(b)) < mean(losses(a)) ? b : a));
  const text = (name: string) => `${nameOf(name)} ${gain(name).toFixed(3)}`;
  return {
    tables: [
      {
        rows: [
          ['selective', 'bits per byte', 'difference to none'],
          ...selections.map((name) => [
            nameOf(name),
            withError(losses(name), 3),
            name === 'none' ? '' : signed(paired(losses(name), losses('none')), 3),
          ]),
        ],
      },
    ],
    says: [
      `Of a single selective parameter, ${nameOf(largest)} gains the most: ${SINGLE.map(text).join(', ')} bits per byte.`,
      `The best is ${best === 'none' ? 'no selection' : `the selection of ${nameOf(best)}`}; ` +
        `all three together gain ${gain(ALL).toFixed(3)} bits per byte.`,
    ],
    goals: [
      {
        what: 'Δ alone gains more than B or C alone',
        measured: `${SINGLE.map(text).join(', ')} bits`,
        reached: largest === 'delta',
      },
      {
        what: 'Δ, B and C together are best',
        measured: `${withError(losses(ALL), 3)} bits per byte, best ${nameOf(best)}`,
        reached: best === ALL,
      },
    ],
    figure: {
      title: 'What has to be selective',
      description: `Bits per byte of models whose Δ, B and C are selective or not. Best: ${nameOf(best)}.`,
      panels: [
        dotPlot(
          selections.map((name) => ({ name: nameOf(name), values: losses(name) })),
          { label: 'test loss', unit: 'bits per byte' },
        ),
      ],
    },
  };
}

export const ablationSelectivity = defineExperiment<SelectivitySettings, Ablated>({
  name: 'ablation-selectivity',
  about: 'Which of Δ, B and C must be selective: each alone, and all of them.',
  claim:
    'A selective Δ matters most, as it gates what a state takes in and keeps; B and C add to it: perplexity 10.93 ' +
    'without selection, 10.15 with B, 9.98 with C, 9.81 with Δ, 8.71 with all. Gu & Dao 2023, table 7.',
  scale:
    'Two layers of 64 channels with 8 states on the plays of Shakespeare (1 MB), bits per byte of their last tenth; ' +
    'there 350 million parameters on the Pile. All variants of a seed see the same batches.',
  full: {
    selections: ['none', 'B', 'C', 'B+C', 'delta', ALL],
    seeds: [1, 2, 3],
    dModel: 64,
    nLayer: 2,
    dState: 8,
    updates: 2000,
    batchSize: 16,
    length: 128,
    learningRate: 4e-3,
  },
  quick: {
    selections: ['none', 'B', 'C', 'delta', ALL],
    seeds: [1],
    dModel: 32,
    nLayer: 1,
    dState: 8,
    updates: 150,
    batchSize: 8,
    length: 128,
    learningRate: 1e-2,
  },
  runs,
  run,
  report,
});
