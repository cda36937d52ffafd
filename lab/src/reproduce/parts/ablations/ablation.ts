/**
 * An ablation: variants of a model, each on several tasks and with several seeds. All variants of a seed see the same
 * batches, so that differences are taken seed by seed.
 */
import type { ValuesOf } from '@mamba-ts/core/schema';
import type { Figure, Panel } from '@mamba-ts/forecast/chart';
import {
  defineExperiment,
  type Experiment,
  type Goal,
  type Report,
  type Row,
  resultsWith,
  type Table,
} from '../../experiment.ts';
import {
  type Ablated,
  type AblationFields,
  type AblationSettings,
  ablationTasks,
  type TaskName,
} from './ablationTasks.ts';

/** What is compared: an ablation adds the values by which its report finds a variant. */
export interface Compared {
  /** Part of the ids of its runs. */
  readonly key: string;
  readonly name: string;
  /** The keys of the model's config that differ. */
  readonly config: Readonly<Record<string, unknown>>;
  /** How long a step takes, next to other variants. Default: 1. */
  readonly work?: number;
}

export type AblationVariant<C extends Compared = Compared> = C & { readonly task: TaskName; readonly seed: number };
export type AblationRows<C extends Compared> = readonly Row<AblationVariant<C>, Ablated>[];

interface AblationDefinition<S, C extends Compared> {
  name: string;
  /** What is compared in a task. Throws UsageError where settings do not fit each other. */
  compared(task: TaskName, settings: S): readonly C[];
  report(rows: AblationRows<C>, settings: S): Report;
}

export function defineAblation<F extends AblationFields, C extends Compared>({
  compared,
  report,
  ...definition
}: AblationDefinition<ValuesOf<F> & AblationSettings, C> & {
  fields: F;
  quick: Partial<ValuesOf<F>>;
}): Experiment<ValuesOf<F>, AblationVariant<C>, Ablated> {
  type Own = ValuesOf<F> & AblationSettings;
  return defineExperiment<F, AblationVariant<C>, Ablated>({
    ...definition,
    // Seeds outside variants: after each of them, all variants can be compared.
    variants(settings) {
      const { tasks, seeds } = settings as Own;
      return tasks.flatMap((task) => {
        const all = compared(task, settings as Own);
        return seeds.flatMap((seed) => all.map((variant) => ({ ...variant, task, seed })));
      });
    },
    id: ({ task, key, seed }) => `${task}-${key}-seed${seed}`,
    label: ({ task, name, seed }) => `${ablationTasks[task].name}, ${name}, seed ${seed}`,
    work: ({ task, work = 1 }, settings) => work * workOf(task, settings as Own),
    run({ task, config, seed }, settings, context) {
      const { shape, run } = ablationTasks[task];
      return run(context, { ...shape(settings as Own), ...config }, settings as Own, seed);
    },
    report: (rows, settings) => report(rows, settings as Own),
  });
}

/** What a step costs apart from the layers, in channels of a layer; measured on one thread. */
const STEP_CHANNELS = 64;

/** How long a run takes next to others: millions of training steps, times the channels that each passes. */
function workOf(task: TaskName, settings: AblationSettings): number {
  const { nLayer, textLayers = nLayer, dModel, updates, batchSize, length } = settings;
  const { drawnModel, drawnExpand, drawnUpdates, drawnRows, drawnLength } = settings;
  return task === 'language'
    ? 1e-6 * updates * batchSize * length * (STEP_CHANNELS + textLayers * 2 * dModel)
    : 1e-6 * drawnUpdates * drawnRows * drawnLength * (STEP_CHANNELS + nLayer * drawnExpand * drawnModel);
}

/** The losses of a variant in a task, by seed. */
export const lossesOf = <C extends Compared>(rows: AblationRows<C>, wanted: Partial<AblationVariant<C>>): number[] =>
  resultsWith(rows, wanted).map(({ loss }) => loss);

/** The report of one task. */
export interface TaskReport {
  tables: readonly Table[];
  findings: readonly string[];
  goals: readonly Goal[];
  panels: readonly Panel[];
}

/** The reports of the tasks, one after another, and one figure of all their panels. */
export function joined(figure: Omit<Figure, 'panels'>, parts: readonly TaskReport[]): Report {
  return {
    tables: parts.flatMap(({ tables }) => tables),
    findings: parts.flatMap(({ findings }) => findings),
    goals: parts.flatMap(({ goals }) => goals),
    figure: { ...figure, panels: parts.flatMap(({ panels }) => panels) },
  };
}
