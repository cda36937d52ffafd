/** Forecasts of tasks, batch by batch. Every way to forecast ends here. */

import { baseOptionsOf } from '../baseOptions.ts';
import { jointly, requireFew } from '../covariates/together.ts';
import type { CheckedForecast } from '../options.ts';
import { calendarSeasons, type SeasonOption } from '../seasons.ts';
import { hasCovariates, type Task } from '../task.ts';
import type { BaseOptions, Forecast, SeriesForecaster } from '../types.ts';
import { compose } from './compose.ts';
import { calendarOf, cutKnown, skippedSteps } from './prepare.ts';
import { withoutFirst } from './withoutFirst.ts';

/** Tasks of one call, and of one call where tasks have covariates, which take many forecasts each. */
const BATCH = 256;
const COVARIATE_BATCH = 16;

/** A task with its forecast. */
export interface TaskForecast<T extends Task> {
  readonly task: T;
  readonly forecast: Forecast;
  /** The first step of the forecast, counted from the last value. */
  readonly from: number;
}

/** A task with all that it is forecast with. */
interface Prepared<T extends Task> {
  /** As it was given. */
  readonly given: T;
  readonly task: Task;
  /** Steps that are forecast but not returned. */
  readonly skipped: number;
  readonly season: SeasonOption | undefined;
}

/**
 * The forecast of each task, in order. Only one batch is held in memory, unless the tasks are read together.
 *
 * @param options checked; `season` as the caller gave it, undefined for that of each task's calendar
 */
export async function* forecastTasks<T extends Task>(
  forecaster: SeriesForecaster,
  tasks: AsyncIterable<T> | Iterable<T>,
  options: Omit<CheckedForecast, 'season'> & { season?: SeasonOption },
  batch = BATCH,
): AsyncGenerator<TaskForecast<T>> {
  const composed = compose(forecaster, options);
  const withCalendar = calendarOf(options);
  const prepare = async (given: T, task: Task): Promise<Prepared<T>> => {
    const skipped = skippedSteps(task, options);
    const season = options.season ?? calendarSeasons(task.seasons);
    const steps = skipped + options.horizon;
    return { given, task: await withCalendar(cutKnown(task, steps), steps), skipped, season };
  };
  for await (const some of batchesOf(options.together ? together(tasks, options.season) : each(tasks), batch)) {
    const prepared: Prepared<T>[] = [];
    for (const { given, task } of some) prepared.push(await prepare(given, task));
    const found = new Map<T, Forecast>();
    for (const group of groupsOf(prepared)) {
      const [{ skipped, season }] = group;
      const horizon = skipped + options.horizon;
      const base: BaseOptions = { ...baseOptionsOf(options), horizon, season };
      const forecasts = await composed.forecastAll(
        group.map(({ task }) => task),
        base,
      );
      for (const [i, { given }] of group.entries()) found.set(given, withoutFirst(forecasts[i], skipped));
    }
    for (const { given, skipped } of prepared) yield { task: given, forecast: found.get(given)!, from: skipped + 1 };
  }
}

interface Pair<T extends Task> {
  given: T;
  task: Task;
}

async function* each<T extends Task>(tasks: AsyncIterable<T> | Iterable<T>): AsyncGenerator<Pair<T>> {
  for await (const task of tasks) yield { given: task, task };
}

async function* together<T extends Task>(
  tasks: AsyncIterable<T> | Iterable<T>,
  season: SeasonOption | undefined,
): AsyncGenerator<Pair<T>> {
  const all: T[] = [];
  for await (const task of tasks) requireFew(all.push(task));
  if (all.length === 0) return;
  for (const [i, task] of jointly(all, season).entries()) yield { given: all[i], task };
}

async function* batchesOf<T extends Task>(tasks: AsyncIterable<Pair<T>>, size: number): AsyncGenerator<Pair<T>[]> {
  let batch: Pair<T>[] = [];
  for await (const pair of tasks) {
    batch.push(pair);
    if (batch.length < (hasCovariates(pair.task) ? Math.min(size, COVARIATE_BATCH) : size)) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Tasks that one call can forecast: those of the same season that go equally far. */
function groupsOf<T extends Task>(prepared: readonly Prepared<T>[]): Prepared<T>[][] {
  const groups = new Map<string, Prepared<T>[]>();
  for (const one of prepared) {
    const key = JSON.stringify([one.skipped, one.season]);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}
