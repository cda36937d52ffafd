/** Which block, around which sequence layer: table 6 of the Mamba paper. */
import { UsageError } from '@mamba-ts/core/errors';
import { mean, thousands } from '@mamba-ts/core/math';
import type { Goal } from '../../experiment.ts';
import {
  type AblationRows,
  type Compared,
  defineAblation,
  joined,
  lossesOf,
  type TaskReport,
} from '../../parts/ablations/ablation.ts';
import {
  type AblationSettings,
  ablationFields,
  ablationTasks,
  fullSizes,
  quickSizes,
  type TaskName,
} from '../../parts/ablations/ablationTasks.ts';
import { dotPlot } from '../../parts/figures.ts';
import { nearestInSize, parametersOf, widths } from '../../parts/models.ts';
import { fixed, withError } from '../../parts/statistics.ts';
import { countField, namesField } from '../../settings.ts';

const blocks = { h3: 'H3', mamba: 'Mamba' } as const;
const layers = { s4: 'S4', s4d: 'S4D', 's4d-real': 'S4D, real', selective: 'S6' } as const;
type Block = keyof typeof blocks;
type Layer = keyof typeof layers;

/** Bits by which the Mamba block may be worse than H3 and still count as good. */
const CLOSE_BITS = 0.02;

/** A block around a layer. */
interface Cell extends Compared {
  block: Block;
  layer: Layer;
}

export const architecture = defineAblation({
  name: 'architecture',
  fields: {
    // dModel is that of the Mamba block around S6; all others come as close to its parameters as they can.
    ...ablationFields(['language', 'overwriting'], [1, 2, 3], {
      ...fullSizes,
      ...{ learningRate: 4e-3, drawnModel: 32, drawnExpand: 2 },
    }),
    textLayers: countField(4),
    blocks: namesField(blocks),
    inners: namesField(layers),
  },
  quick: { seeds: [1], textLayers: 1, ...quickSizes },
  compared(task, settings): Cell[] {
    if (settings.blocks.length < 2 || settings.inners.length < 2 || !settings.inners.includes('selective')) {
      throw new UsageError('architecture', 'expected the blocks h3 and mamba, and selective and others among inners.');
    }
    return settings.blocks.flatMap((block) => settings.inners.map((layer) => cellOf(task, block, layer, settings)));
  },
  report: (rows, settings) =>
    joined(
      {
        title: 'Blocks and sequence layers',
        description: 'Test loss of S4, S4D and S6 in the H3 block and in the Mamba block.',
      },
      settings.tasks.map((task) => taskReport(task, rows, settings)),
    ),
});

const configOf = (block: Block, layer: Layer) => ({ model: block, inner: layer, expand: 2 });

const cellOf = (task: TaskName, block: Block, layer: Layer, settings: AblationSettings): Cell => ({
  block,
  layer,
  key: `${block}-${layer}`,
  name: `${blocks[block]}, ${layers[layer]}`,
  config: { ...configOf(block, layer), dModel: widthOf(task, block, layer, settings) },
});

/** The width whose model has the parameters nearest to those of Mamba around S6. */
function widthOf(task: TaskName, block: Block, layer: Layer, settings: AblationSettings): number {
  const { nLayer, dState } = settings;
  const shape = ablationTasks[task].shape(settings);
  const dModel = shape.dModel as number;
  const sized = (cell: object, width: number) => ({ nLayer, dState, ...shape, ...cell, dModel: width });
  const wanted = parametersOf(sized(configOf('mamba', 'selective'), dModel));
  const candidates = widths(2 * Math.ceil(dModel / 4), 2 * dModel, 2);
  return nearestInSize(
    wanted,
    candidates.map((width) => sized(configOf(block, layer), width)),
  ).config.dModel;
}

function taskReport(
  task: TaskName,
  rows: AblationRows<Cell>,
  { blocks: ownBlocks, inners }: { blocks: readonly Block[]; inners: readonly Layer[] },
): TaskReport {
  const { name: title, unit } = ablationTasks[task];
  const loss = (block: Block, layer: Layer) => mean(lossesOf(rows, { task, block, layer }));
  const others = inners.filter((layer) => layer !== 'selective');
  const bestOther = (block: Block) => Math.min(...others.map((layer) => loss(block, layer)));
  const worstOther = (block: Block) => Math.max(...others.map((layer) => loss(block, layer)));
  /** What S6 needs less than the best other layer. */
  const gain = (block: Block) => bestOther(block) - loss(block, 'selective');
  const between = loss('h3', 'selective') - loss('mamba', 'selective');
  const goals: Goal[] = [
    ...ownBlocks.map((block) => ({
      what: `${title}: S6 is the best layer of the ${blocks[block]} block`,
      measured: `${fixed(loss(block, 'selective'))}, the next ${fixed(bestOther(block))} ${unit}`,
      reached: gain(block) > 0,
    })),
    {
      what: `${title}: around S6, the Mamba block is at least as good as H3, within ${CLOSE_BITS}`,
      measured: `${fixed(loss('mamba', 'selective'))} and ${fixed(loss('h3', 'selective'))} ${unit}`,
      reached: between >= -CLOSE_BITS,
    },
  ];
  if (others.includes('s4d') && others.includes('s4d-real')) {
    const apart = mean(ownBlocks.map((block) => loss(block, 's4d-real') - loss(block, 's4d')));
    const selection = mean(ownBlocks.map(gain));
    goals.push({
      what: `${title}: real or complex matters less than selection`,
      measured: `${fixed(Math.abs(apart))} and ${fixed(selection)} ${unit}`,
      reached: Math.abs(apart) < selection,
    });
  }
  const cells = rows.filter(({ variant }) => variant.task === task && variant.seed === rows[0].variant.seed);
  return {
    tables: [
      {
        title: `${title}: ${unit}`,
        rows: [
          ['block', 'layer', 'parameters', unit],
          ...cells.map(({ variant: { block, layer }, result }) => [
            blocks[block],
            layers[layer],
            thousands(result.parameters),
            withError(lossesOf(rows, { task, block, layer }), 3),
          ]),
        ],
      },
    ],
    findings: [
      ...ownBlocks.map(
        (block) =>
          `In ${title}, in the ${blocks[block]} block, S6 is ${fixed(Math.abs(gain(block)))} ${unit} ` +
          `${gain(block) > 0 ? 'better' : 'worse'} than the best layer without selection; those are within ` +
          `${fixed(worstOther(block) - bestOther(block))} of each other.`,
      ),
      `Around S6 the Mamba block has ${fixed(Math.abs(between))} ${unit} ${between >= 0 ? 'less' : 'more'} than H3.`,
    ],
    goals,
    panels: [
      dotPlot(
        cells.map(({ variant: { name, block, layer } }) => ({
          name,
          values: lossesOf(rows, { task, block, layer }),
        })),
        { label: 'test loss', unit },
        title,
      ),
    ],
  };
}
