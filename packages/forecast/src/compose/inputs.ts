/** The three kinds of input as tasks: one series, several, or a table. */
import { UsageError } from '@mamba-ts/core/errors';
import { isPlainObject, type Path, shown } from '@mamba-ts/core/schema';
import type { Covariates, Task } from '../task.ts';
import type { TableSeries, TimeTable } from '../timeTable/index.ts';
import type { Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { onTimes } from './timedSeries.ts';

/** A time: milliseconds since 1970, a Date, or text as tables write times. */
export type Time = number | Date | string;

/** Data that belongs to one series. */
export interface SeriesData {
  /** Covariates that are known ahead, by name: a value for each value of the series and each step ahead. */
  known?: Covariates;
  /** Covariates that are known in the past only, by name: a value for each value of the series. */
  past?: Covariates;
  /**
   * The time of each value. Values are sorted, gaps become missing values, and frequency and season follow from the
   * times. Default: values are one step apart.
   */
  times?: readonly Time[];
}

/** Data that belongs to several series: lists with an entry for each. */
export interface SeveralData {
  known?: readonly (Covariates | undefined)[];
  past?: readonly (Covariates | undefined)[];
  /** A list for each series, or one list for all of them. */
  times?: readonly Time[] | readonly (readonly Time[] | undefined)[];
}

/** The columns of a table that are used. */
export interface TableData {
  /** Columns that are known ahead, among those that the table was opened with. Default: all of them. */
  known?: readonly string[];
  /** Columns that are known in the past only, among those that the table was opened with. Default: all of them. */
  past?: readonly string[];
}

/** Options that hold data, not settings. */
export const DATA_OPTIONS = ['known', 'past', 'times'] as const;

/** Whether the input is a table. */
export const isTable = (input: unknown): input is TimeTable =>
  typeof input === 'object' && input !== null && 'series' in input && typeof input.series === 'function';

/** Whether the input is a list of series. */
export const isSeveral = (input: Values | readonly Values[]): input is readonly Values[] =>
  Array.isArray(input) && typeof input[0] === 'object' && input[0] !== null;

/** One series as a task. */
export function taskOf(values: Values, data: SeriesData): Task {
  for (const name of ['known', 'past'] as const) {
    if (data[name] === undefined || isPlainObject(data[name])) continue;
    const advice = Array.isArray(data[name]) ? ' A list belongs to several series, or to a table.' : '';
    throw new UsageError(
      'forecast',
      `${name} is ${shown(data[name])}, expected an object of values by name, such as { price: [1, 2, …] }.${advice}`,
    );
  }
  return withTimes({ id: 'values', name: 'values', values: checkValues(values), seasons: [] }, data, ['times']);
}

/** Several series as tasks. */
export function tasksOf(series: readonly Values[], { known, past, times }: SeveralData): Task[] {
  const isShared = Array.isArray(times) && !times.some((one) => Array.isArray(one));
  requireOneEach('known', known, series.length, 'an object of values by name');
  requireOneEach('past', past, series.length, 'an object of values by name');
  if (!isShared) requireOneEach('times', times, series.length, 'a list of times');
  return series.map((values, i) => {
    const name = series.length > 1 ? `series ${i}` : 'values';
    const own = isShared ? (times as readonly Time[]) : (times?.[i] as readonly Time[] | undefined);
    const task = { id: `series ${i}`, name, values: checkValues(values, name), seasons: [] };
    return withTimes(task, { known: known?.[i], past: past?.[i], times: own }, isShared ? ['times'] : ['times', i]);
  });
}

function requireOneEach(name: string, list: unknown, count: number, what: string): void {
  if (list === undefined || (Array.isArray(list) && list.length === count)) return;
  throw new UsageError(
    'forecast',
    `${name} is ${Array.isArray(list) ? `a list of ${list.length}` : shown(list)}, expected a list of ${count}: ` +
      `${what} for each series, or undefined.`,
  );
}

function withTimes(task: Task, { known, past, times }: SeriesData, path: Path): Task {
  const given = { ...task, known, past };
  if (times === undefined) return given;
  const { length } = task.values;
  if (!Array.isArray(times) || times.length !== length) {
    throw new UsageError(
      'forecast',
      `times of ${task.name} are ${Array.isArray(times) ? times.length : shown(times)}, expected ${length}: one for ` +
        'each value. Times ahead follow from them.',
    );
  }
  return { ...given, ...onTimes({ ...given, times: times.map(timeText) }, path) };
}

function timeText(time: Time): string {
  if (typeof time === 'string') return time.trim();
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

/** A series of a table as a task. */
export interface TableTask extends Task {
  readonly series: TableSeries;
}

/** The series of a table as tasks, while they are read. Refuses covariates that the table does not have. */
export async function* tableTasks(table: TimeTable, { known, past }: TableData): AsyncGenerator<TableTask> {
  const { layout } = table;
  const columns = {
    known: requireColumns('known', known, layout.known),
    past: requireColumns('past', past, layout.past),
  };
  const hasAny = columns.known.length + columns.past.length > 0;
  const pick = (all: Covariates, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, all[name]]));
  for await (const series of table.series()) {
    const { id, values, axis, seasons, ahead } = series;
    yield {
      ...{ id, values, axis, seasons, ahead, series },
      name: `series ${shown(id)}`,
      ...(hasAny && { known: pick(series.known, columns.known), past: pick(series.past, columns.past) }),
    };
  }
}

function requireColumns(
  name: 'known' | 'past',
  given: readonly string[] | undefined,
  opened: readonly string[],
): readonly string[] {
  if (given === undefined) return opened;
  const isList = Array.isArray(given) && given.every((column) => typeof column === 'string');
  const unknown = isList ? given.find((column) => !opened.includes(column)) : undefined;
  if (isList && unknown === undefined) return given;
  const has = opened.length === 0 ? 'none' : opened.map((column) => shown(column)).join(', ');
  throw new UsageError(
    'forecast',
    `${name} is ${shown(given)}, expected a list of columns that the table was opened with as ${name}: ${has}. ` +
      `Open it with them: openTimeTable(path, { ${name}: ['…'] }).`,
  );
}
