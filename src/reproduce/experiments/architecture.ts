/** Which block, around which sequence layer: table 6 of the Mamba paper. */
import { LanguageModel } from '../../models/languageModel.ts';
import { configOf } from '../../models/registry.ts';
import { defineExperiment, type Goal, type Run, type RunContext } from '../experiment.ts';
import { dotPlot } from '../figures.ts';
import { mean, withError } from '../statistics.ts';
import {
  type Ablated,
  type LearningSettings,
  learnText,
  lossesOf,
  parametersOf,
  runsOf,
  type Variant,
  variantOf,
} from './ablations.ts';

interface ArchitectureSettings extends LearningSettings {
  /** dModel is that of the Mamba block around S6; all others come as close to its parameters as they can. */
  blocks: readonly string[];
  inners: readonly string[];
}

const blockNames: Readonly<Record<string, string>> = { h3: 'H3', mamba: 'Mamba' };
const innerNames: Readonly<Record<string, string>> = {
  s4: 'S4 (complex)',
  s4d: 'S4D (complex)',
  's4d-real': 'S4D (real)',
  selective: 'S6',
};
/** Of the plays' characters, for counting. */
const VOCAB = 65;

const configOfCell = (block: string, inner: string) => ({ model: block, inner, expand: 2 });

/** The width, of some steps around that of S6 in the Mamba block, whose model has the nearest size. */
function widthOf(block: string, inner: string, { dModel, nLayer, dState }: ArchitectureSettings): number {
  const count = (config: object) =>
    new LanguageModel(configOf({ vocabSize: VOCAB, nLayer, dState, ...config })).tree.count();
  const wanted = count({ ...configOfCell('mamba', 'selective'), dModel });
  const off = (width: number) => Math.abs(count({ ...configOfCell(block, inner), dModel: width }) - wanted);
  const widths = Array.from({ length: dModel }, (_, i) => 2 * i + 2).filter((width) => width >= dModel / 2);
  return widths.reduce((best, width) => (off(width) < off(best) ? width : best));
}

const variantOfCell = (block: string, inner: string, settings: ArchitectureSettings): Variant => ({
  id: `${block}-${inner}`,
  name: `${blockNames[block]}, ${innerNames[inner]}`,
  config: { ...configOfCell(block, inner), dModel: widthOf(block, inner, settings) },
});

const variants = (settings: ArchitectureSettings): Variant[] =>
  settings.blocks.flatMap((block) => settings.inners.map((inner) => variantOfCell(block, inner, settings)));

function runs(settings: ArchitectureSettings): Run[] {
  for (const [what, known] of Object.entries({ blocks: blockNames, inners: innerNames })) {
    const stranger = (settings[what] as readonly string[]).find((one) => !Object.hasOwn(known, one));
    if (stranger === undefined) continue;
    throw new Error(
      `architecture: ${what} has '${stranger}', expected ${what === 'blocks' ? '' : 'some of '}${Object.keys(known).join(', ')}.`,
    );
  }
  if (settings.blocks.length < 2 || !settings.inners.includes('selective') || settings.inners.length < 2) {
    throw new Error('architecture: expected the blocks h3 and mamba, and selective and others among inners.');
  }
  return runsOf('architecture', variants(settings), settings.seeds);
}

function run(one: Run, settings: ArchitectureSettings, context: RunContext): Promise<Ablated> {
  const { variant, seed } = variantOf(variants(settings), settings.seeds, one);
  return learnText(context, variant.config, settings, seed);
}

function report(settings: ArchitectureSettings, results: ReadonlyMap<string, Ablated>) {
  const { blocks, inners, seeds } = settings;
  const all = variants(settings);
  const cell = (block: string, inner: string) => all.find(({ id }) => id === `${block}-${inner}`) as Variant;
  const losses = (block: string, inner: string) => lossesOf(cell(block, inner), seeds, results);
  const loss = (block: string, inner: string) => mean(losses(block, inner));
  const bestOf = (block: string) => inners.reduce((a, b) => (loss(block, b) < loss(block, a) ? b : a));
  const others = inners.filter((inner) => inner !== 'selective');
  const nearest = (block: string) => Math.min(...others.map((inner) => loss(block, inner)));
  const selection = mean(blocks.map((block) => nearest(block) - loss(block, 'selective')));
  const between = loss('h3', 'selective') - loss('mamba', 'selective');
  const spread = (block: string) => Math.max(...others.map((inner) => loss(block, inner))) - nearest(block);
  const goals: Goal[] = [
    ...blocks.map((block) => ({
      what: `S6 is the best layer of the ${blockNames[block]} block`,
      measured: `${loss(block, 'selective').toFixed(3)}, the next ${nearest(block).toFixed(3)} bits per byte`,
      reached: bestOf(block) === 'selective',
    })),
    {
      what: 'around S6, the Mamba block is at least as good as H3, within 0.02 bits',
      measured: `${loss('mamba', 'selective').toFixed(3)} and ${loss('h3', 'selective').toFixed(3)} bits per byte`,
      reached: between >= -0.02,
    },
  ];
  if (others.includes('s4d') && others.includes('s4d-real')) {
    const apart = mean(blocks.map((block) => loss(block, 's4d-real') - loss(block, 's4d')));
    goals.push({
      what: 'real or complex matters less than selection',
      measured: `${Math.abs(apart).toFixed(3)} and ${selection.toFixed(3)} bits per byte`,
      reached: Math.abs(apart) < selection,
    });
  }
  return {
    tables: [
      {
        rows: [
          ['block', 'layer', 'parameters', 'bits per byte'],
          ...blocks.flatMap((block) =>
            inners.map((inner) => [
              blockNames[block],
              innerNames[inner],
              String(parametersOf(cell(block, inner), seeds, results)),
              withError(losses(block, inner), 3),
            ]),
          ),
        ],
      },
    ],
    says: [
      ...blocks.map(
        (block) =>
          `In the ${blockNames[block]} block ${innerNames[bestOf(block)]} is best; S6 has ` +
          `${(nearest(block) - loss(block, 'selective')).toFixed(3)} bits per byte less than the best layer without ` +
          `selection, and those are within ${spread(block).toFixed(3)} of each other.`,
      ),
      `Around S6 the Mamba block has ${Math.abs(between).toFixed(3)} bits per byte ${between >= 0 ? 'less' : 'more'} than H3.`,
    ],
    goals,
    figure: {
      title: 'Blocks and sequence layers',
      description: 'Bits per byte of S4, S4D and S6 in the H3 block and in the Mamba block.',
      panels: [
        dotPlot(
          all.map((variant) => ({ name: variant.name, values: lossesOf(variant, seeds, results) })),
          { label: 'test loss', unit: 'bits per byte' },
        ),
      ],
    },
  };
}

export const architecture = defineExperiment<ArchitectureSettings, Ablated>({
  name: 'architecture',
  about: 'S4, S4D and S6 in the H3 block and in the Mamba block, at equal parameters.',
  claim:
    'The layer decides: S6 is much better than the time-invariant ones (perplexity 8.95 in H3, 8.69 in Mamba, against ' +
    '10.30 to 10.56), of which real and complex are alike; the Mamba block does as well as H3. Gu & Dao 2023, table 6.',
  scale:
    'Two layers with the parameters of Mamba at 64 channels, 16 states, on the plays of Shakespeare (1 MB), bits per ' +
    'byte of their last tenth; there 350 million parameters on the Pile. All variants of a seed see the same batches.',
  full: {
    blocks: ['h3', 'mamba'],
    inners: ['s4', 's4d', 's4d-real', 'selective'],
    seeds: [1, 2, 3],
    dModel: 64,
    nLayer: 2,
    dState: 16,
    updates: 1500,
    batchSize: 16,
    length: 128,
    learningRate: 4e-3,
  },
  quick: {
    blocks: ['h3', 'mamba'],
    inners: ['s4', 's4d', 's4d-real', 'selective'],
    seeds: [1],
    dModel: 32,
    nLayer: 1,
    dState: 8,
    updates: 400,
    batchSize: 8,
    length: 128,
    learningRate: 1e-2,
  },
  runs,
  run,
  report,
});
