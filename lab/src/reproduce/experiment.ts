/**
 * An experiment tests a claim: its settings, the variants that it runs one after another, and a report of their
 * results.
 *
 *   export const parity = defineExperiment({
 *     name: 'parity',
 *     fields: { seeds: seedsField([1, 2, 3]), updates: field.whole({ min: 1, default: 3000 }) },
 *     quick: { seeds: [1], updates: 400 },
 *     variants: ({ seeds }) => seeds.map((seed) => ({ seed })),
 *     id: ({ seed }) => `seed${seed}`,
 *     label: ({ seed }) => `seed ${seed}`,
 *     run: async ({ seed }, settings, context) => ({ accuracy: … }),
 *     report: (rows, settings) => ({ tables, findings, goals, figure }),     // rows: { variant, result }[]
 *   });
 *
 * The claim and the notes of an experiment are in README.md in its folder (see prose.ts). Results are plain JSON, so
 * that a stopped experiment resumes and a committed result is drawn again.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { complete, type Field, type ValuesOf } from '@mamba-ts/core/schema';
import type { Backend } from '@mamba-ts/core/tensor';
import type { Figure } from '@mamba-ts/forecast/chart';

export type Settings = Readonly<Record<string, unknown>>;
export type SettingFields = Readonly<Record<string, Field>>;

/** What a run works with. */
export interface RunContext {
  readonly backend: Backend;
  /** A folder for the checkpoints of this run; removed when the run is done. */
  readonly folder: string;
  /** Aborted when the run is to stop: learn() then saves a checkpoint and throws Stopped. */
  readonly signal: AbortSignal;
  /** done: 0 to 1. */
  progress(done: number, note?: string): void;
  /** The path of a data file of the repository, such as 'shakespeare.txt'. */
  data(name: string): Promise<string>;
}

/** What the paper reached or what is expected here, and what was measured. */
export interface Goal {
  readonly what: string;
  readonly measured: string;
  readonly reached: boolean;
}

export interface Table {
  readonly title?: string;
  /** The first row is the header. */
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly tables: readonly Table[];
  /** What the numbers say, a sentence or two each. */
  readonly findings: readonly string[];
  readonly goals: readonly Goal[];
  readonly figure: Figure;
  /** Further files that are written next to the figure: their bytes by name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** A variant with what its run gave. */
export interface Row<V, R> {
  readonly variant: V;
  readonly result: R;
}

interface Definition<S, V, R> {
  /** In kebab-case; the folder of the experiment has the same name in camelCase. */
  readonly name: string;
  /** What to run, in order. Throws UsageError where settings do not fit each other. */
  variants(settings: S): readonly V[];
  /** Names the result file of a variant: letters, digits, '-', '.' and '_'. */
  id(variant: V): string;
  /** Names a variant to people, while it runs. */
  label(variant: V): string;
  /** How long a variant takes, next to the others. Default: 1. */
  work?(variant: V, settings: S): number;
  /** Bytes that the largest run needs: refused before the start where the machine has less. */
  bytes?(settings: S): number;
  run(variant: V, settings: S, context: RunContext): Promise<R>;
  /** `rows` has all variants, in order. */
  report(rows: readonly Row<V, R>[], settings: S): Report;
}

export interface Experiment<S = Settings, V = unknown, R = unknown> extends Definition<S, V, R> {
  /** The settings; their defaults are those of the full run. */
  readonly fields: SettingFields;
  readonly full: S;
  /** A small version, of at most a minute, that runs every step of the full one. */
  readonly quick: S;
}

export function defineExperiment<F extends SettingFields, V, R>({
  fields,
  quick,
  ...definition
}: Definition<ValuesOf<F>, V, R> & {
  fields: F;
  /** The settings in which a quick run differs from the full one. */
  quick: Partial<ValuesOf<F>>;
}): Experiment<ValuesOf<F>, V, R> {
  const { name } = definition;
  return { ...definition, fields, full: complete(name, fields, {}), quick: complete(name, fields, quick) };
}

/** A variant that is to be run. */
export interface Run<V = unknown> {
  readonly variant: V;
  readonly id: string;
  readonly label: string;
  readonly work: number;
}

/** The runs of an experiment, in order. Throws UsageError where a variant comes twice. */
export function runsOf<S, V, R>(experiment: Experiment<S, V, R>, settings: S): Run<V>[] {
  const { name } = experiment;
  const runs = experiment.variants(settings).map((variant) => ({
    variant,
    id: experiment.id(variant),
    label: experiment.label(variant),
    work: experiment.work?.(variant, settings) ?? 1,
  }));
  const ids = runs.map(({ id }) => id);
  const twice = runs.find(({ id }, i) => ids.indexOf(id) !== i);
  if (twice === undefined) return runs;
  throw new UsageError(name, `${twice.label} comes twice, expected each seed and each variant once.`);
}

/** The results of the rows whose variants have all of these values, in order. */
export function resultsWith<V extends object, R>(rows: readonly Row<V, R>[], wanted: Partial<V>): R[] {
  const keys = Object.keys(wanted) as (keyof V)[];
  return rows.filter(({ variant }) => keys.every((key) => variant[key] === wanted[key])).map(({ result }) => result);
}

/** Ends a run that is to stop; its checkpoint is kept. */
export class Stopped extends Error {
  constructor() {
    super('stopped');
  }
}
