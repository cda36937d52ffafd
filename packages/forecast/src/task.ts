/**
 * A task: one series to forecast, with its covariates and times. Every kind of input becomes tasks, so every option
 * works for all of them.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { CovariateValues } from './covariates/columns.ts';
import type { TimeAxis } from './timeTable/index.ts';
import type { BaseOptions, Forecast } from './types.ts';

/** Covariates by name. */
export type Covariates = Readonly<Record<string, CovariateValues>>;

/** One series to forecast. */
export interface Task {
  /** The name of the series as a covariate of others. */
  readonly id: string;
  /** What errors call the series: 'values', 'series 3', 'series "shop"'. */
  readonly name: string;
  /** NaN where one is missing. */
  readonly values: Float64Array;
  /** Known in the past only: as long as the values. */
  readonly past?: Covariates;
  /** Known ahead: as long as the values and the steps ahead. */
  readonly known?: Covariates;
  /** Steps ahead for which `known` has values. Only for a table, where they can be more than needed. */
  readonly ahead?: number;
  /** The times of the values and of the steps ahead. */
  readonly axis?: TimeAxis;
  /** Steps of the seasons that the calendar suggests; empty: none. */
  readonly seasons: readonly number[];
}

/** A forecaster of tasks. `options.season` holds for all of them. */
export interface TaskForecaster {
  forecastAll(tasks: readonly Task[], options: BaseOptions): Promise<Forecast[]>;
}

/** Whether the task has covariates, if only an empty list. */
export const hasCovariates = ({ past, known }: Task): boolean => past !== undefined || known !== undefined;

/** The task as it was after its first `origin` values, with covariates for `horizon` steps more. */
export function taskUntil(task: Task, origin: number, horizon: number): Task {
  const cut = (covariates: Covariates | undefined, length: number) =>
    covariates && mapped(covariates, (values) => Array.prototype.slice.call(values, 0, length));
  return {
    ...task,
    values: task.values.subarray(0, origin),
    past: cut(task.past, origin),
    known: cut(task.known, origin + horizon),
  };
}

/** The task with `steps` missing values before its first one. */
export function padded(task: Task, steps: number): Task {
  if (steps === 0) return task;
  const values = new Float64Array(steps + task.values.length).fill(Number.NaN);
  values.set(task.values, steps);
  const later = (covariates: Covariates | undefined) =>
    covariates &&
    mapped(covariates, (given) => [...new Array<null>(steps).fill(null), ...Array.prototype.slice.call(given)]);
  return { ...task, values, past: later(task.past), known: later(task.known), axis: task.axis?.from(-steps) };
}

/** Adds known covariates. Refuses a name that exists. */
export function withKnown(task: Task, more: Covariates, source: string): Task {
  return { ...task, known: joined(task, task.known, more, source) };
}

/** Adds past covariates. Refuses a name that exists. */
export function withPast(task: Task, more: Covariates, source: string): Task {
  return { ...task, past: joined(task, task.past, more, source) };
}

function joined(task: Task, covariates: Covariates = {}, more: Covariates, source: string): Covariates {
  const twice = Object.keys(more).find((name) => name in (task.past ?? {}) || name in (task.known ?? {}));
  if (twice === undefined) return { ...covariates, ...more };
  throw new UsageError('forecast', `${source} makes a covariate '${twice}', which is given as well. Rename yours.`);
}

const mapped = (covariates: Covariates, change: (values: CovariateValues) => CovariateValues): Covariates =>
  Object.fromEntries(Object.entries(covariates).map(([name, values]) => [name, change(values)]));
