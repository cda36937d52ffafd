/** What the ablations share: variants of a model, each with all tasks and seeds, on the same batches. */
import { UsageError } from '@mamba-ts/core/errors';
import type { Run, RunContext } from '../../experiment.ts';
import { mean, withError } from '../statistics.ts';
import { type Ablated, requireTasks, type TaskSettings, tasks } from './tasks.ts';

/** Something that is compared. */
export interface Variant {
  readonly id: string;
  readonly name: string;
  /** Keys of the model that differ. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Of a step, next to other variants; 1 by default. */
  readonly work?: number;
}

const idOf = (task: string, { id }: Variant, seed: number) => `${task}-${id}-seed${seed}`;

/** What is compared in a task. */
export type Variants = (task: string) => readonly Variant[];

/** Seeds outside: after each of them all variants can be compared. */
export function runsOf(experiment: string, variants: Variants, settings: TaskSettings): Run[] {
  requireTasks(experiment, settings);
  const { seeds } = settings;
  for (const [what, list] of Object.entries({ seeds, variants: variants(settings.tasks[0]).map(({ id }) => id) })) {
    const twice = list.find((one, i) => list.indexOf(one as never) !== i);
    if (list.length === 0) throw new UsageError(experiment, `no ${what}, expected at least one.`);
    if (twice !== undefined) throw new UsageError(experiment, `${what} has ${twice} twice, expected each once.`);
  }
  return settings.tasks.flatMap((task) =>
    seeds.flatMap((seed) =>
      variants(task).map((variant) => ({
        id: idOf(task, variant, seed),
        label: `${tasks[task].name}, ${variant.name}, seed ${seed}`,
        work: (variant.work ?? 1) * workOf(task, settings),
      })),
    ),
  );
}

/** What a step costs apart from its layers, in channels of them; from runs on one thread. */
const STEP = 64;

/** How long a run is next to others: millions of steps that are learnt from, times the channels that each passes. */
function workOf(task: string, settings: TaskSettings): number {
  const { nLayer, textLayers = nLayer, dModel, updates, batchSize, length } = settings;
  const { drawnModel, drawnExpand, drawnUpdates, drawnRows, drawnLength } = settings;
  return task === 'language'
    ? 1e-6 * updates * batchSize * length * (STEP + Number(textLayers) * 2 * dModel)
    : 1e-6 * drawnUpdates * drawnRows * drawnLength * (STEP + nLayer * drawnExpand * drawnModel);
}

/** Does a run: the task, the variant and the seed that its id is of. */
export function runOne(variants: Variants, { id }: Run, settings: TaskSettings, context: RunContext): Promise<Ablated> {
  for (const task of settings.tasks) {
    const all = variants(task);
    for (const seed of settings.seeds) {
      const variant = all.find((one) => idOf(task, one, seed) === id);
      if (!variant) continue;
      const { shape, run } = tasks[task];
      return run(context, { ...shape(settings), ...variant.config }, settings, seed);
    }
  }
  throw new UsageError('', `The run ${id} is of no variant.`);
}

export class AblationResults {
  constructor(
    private readonly results: ReadonlyMap<string, Ablated>,
    private readonly seeds: readonly number[],
  ) {}

  private of(task: string, variant: Variant): Ablated[] {
    return this.seeds.map((seed) => this.results.get(idOf(task, variant, seed)) as Ablated);
  }

  /** By seed. */
  losses(task: string, variant: Variant): number[] {
    return this.of(task, variant).map(({ loss }) => loss);
  }

  loss(task: string, variant: Variant): number {
    return mean(this.losses(task, variant));
  }

  parameters(task: string, variant: Variant): number {
    return this.of(task, variant)[0].parameters;
  }
}

/** −0.123 ± 0.045: a difference with its sign. */
export const signed = (values: readonly number[], digits: number): string =>
  `${mean(values) < 0 ? '' : '+'}${withError(values, digits)}`;
