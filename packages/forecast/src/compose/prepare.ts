/** Prepares tasks: adds holidays and the calendar as covariates, and finds the steps that are forecast. */
import { UsageError } from '@mamba-ts/core/errors';
import { shown } from '@mamba-ts/core/schema';
import { MAX_HORIZON } from '../baseOptions.ts';
import { calendarCovariates } from '../covariates/calendarFeatures.ts';
import { holidayCovariates } from '../covariates/holidays.ts';
import type { CheckedForecast } from '../options.ts';
import { type Covariates, type Task, withKnown } from '../task.ts';
import { formatOf, type TimeAxis } from '../timeTable/index.ts';

/** Adds holidays and the calendar to tasks. Tasks with equal times in a row share their covariates. */
export function calendarOf({ holidays, calendar }: Pick<CheckedForecast, 'holidays' | 'calendar'>) {
  let last: { key: string; covariates: Covariates } | undefined;
  return async (task: Task, steps: number): Promise<Task> => {
    if (!holidays && !calendar) return task;
    const axis = requireCalendar(task, holidays ? 'holidays' : 'calendar');
    const count = task.values.length + steps;
    const key = JSON.stringify([axis.start, axis.frequency, axis.day, count]);
    if (last?.key !== key) {
      const times = Float64Array.from({ length: count }, (_, i) => axis.at(i));
      last = {
        key,
        covariates: {
          ...(calendar && calendarCovariates(times, calendar)),
          ...(holidays && (await holidayCovariates(times, holidays))),
        },
      };
    }
    return withKnown(task, last.covariates, holidays ? 'holidays' : 'calendar');
  };
}

function requireCalendar({ name, axis }: Task, option: string): TimeAxis {
  if (axis?.hasCalendar) return axis;
  throw new UsageError(
    'forecast',
    `${name} has no times, which ${option} need${option.endsWith('s') ? '' : 's'}. ` +
      'Give them: the option times, or the column of times of a table (time).',
  );
}

/** Known covariates of a table, cut to the steps ahead. Refuses those that end before. */
export function cutKnown(task: Task, steps: number): Task {
  const { name, values, known, ahead, axis } = task;
  const names = Object.keys(known ?? {});
  if (ahead === undefined || !known || names.length === 0) return task;
  if (ahead < steps) {
    const end = axis ? axis.label(values.length - 1) : `step ${values.length}`;
    throw new UsageError(
      'forecast',
      `${name} ends at ${end}, and ${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} known for ${ahead} steps ` +
        `more, expected ${steps}, the horizon. Give rows with an empty value or a table of what is known ahead ` +
        '(future), shorten the horizon, or name the columns as known in the past only (past).',
    );
  }
  const cut = names.map((column) => [column, Array.prototype.slice.call(known[column], 0, values.length + steps)]);
  return { ...task, known: Object.fromEntries(cut), ahead: undefined };
}

/** Steps between the last value and the first step that is returned. */
export function skippedSteps(task: Task, { from, horizon }: Pick<CheckedForecast, 'from' | 'horizon'>): number {
  const steps = typeof from === 'number' ? from : stepsUntil(task, from);
  if (steps - 1 + horizon <= MAX_HORIZON) return steps - 1;
  throw new UsageError(
    'forecast',
    `from is ${shown(from)}, ${steps} steps after the end of ${task.name}, expected at most ${MAX_HORIZON} steps in ` +
      'total. Forecast coarser steps, such as days instead of minutes.',
  );
}

/** The number of steps from the last value to a time. Digits that are not a time are that number. */
function stepsUntil({ name, values: { length }, axis }: Task, from: string): number {
  const text = from.trim();
  const time = axis && timeOn(axis, text);
  if (time === undefined && /^\d+$/.test(text) && Number(text) >= 1) return Number(text);
  const expected = axis
    ? `a time after ${axis.label(length - 1)}, such as ${axis.label(length)}, or a number of steps`
    : 'a number of steps, because its series has no times';
  if (!axis || time === undefined) {
    throw new UsageError('forecast', `from is ${shown(from)}, expected ${expected}.`);
  }
  const step = axis.stepOf(time) - length + 1;
  if (Number.isInteger(step) && step >= 1) return step;
  const problem = step < 1 ? `is not after the end of ${name}` : `is between two steps of ${name}`;
  throw new UsageError('forecast', `from is ${shown(from)}, which ${problem}, expected ${expected}.`);
}

/** The time that a text names, in milliseconds of the clock of the axis; undefined if it names none. */
function timeOn(axis: TimeAxis, text: string): number | undefined {
  const format = formatOf([text], { anyDigits: true, where: 'from' });
  if (!format || (format.style === 'index') !== (axis.style === 'index')) return undefined;
  const moment = format.read(text);
  if (!moment) return undefined;
  const shift = moment.offset === undefined || axis.offset === undefined ? 0 : axis.offset - moment.offset;
  return moment.time + shift * 60_000;
}
