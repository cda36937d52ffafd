/**
 * Rows to steps: sorted, each in its place, with what was found on the way.
 *
 *   12:00  13:00  15:00   →   steps 0, 1, 3: step 2 is missing
 *
 * A local clock passes over an hour in spring, which is then missing, and shows one twice in autumn, whose rows
 * are averaged: so a day keeps its 24 hours, and noon its place. Other rows of the same time are refused.
 */

import { UsageError } from '@mamba-ts/core/errors';
import { HOUR, MINUTE } from '@mamba-ts/core/math';
import { TimeAxis } from './axis.ts';
import { monthOf, timeOfDay, weekday } from './calendar.ts';
import { type Frequency, frequencyName, isSubDaily, stepLength } from './frequency.ts';
import { irregularTimes, type Placement, placementOf } from './placement.ts';
import type { Rows } from './rows.ts';
import type { TimeFormat } from './times.ts';
import type { Combine } from './types.ts';

export interface Grid {
  readonly axis: TimeAxis;
  /** Steps from the first row to the last. */
  readonly length: number;
  /** Rows in the order of time; undefined where they are. */
  readonly order?: Uint32Array;
  /** The step of each row, in the order of time. */
  readonly steps: Float64Array;
  readonly unsorted: number;
  readonly combined: number;
  readonly doubledHours: number;
  readonly skippedHours: number;
}

export interface GridOptions {
  /** What an error calls the table, and the series in it. */
  name: string;
  /** Undefined: rows are a step apart. */
  format: TimeFormat | undefined;
  /** Said by the user: rows belong to the step that they fall in. */
  frequency?: Frequency;
  /** That of the table's other series, for one that is too short to tell. */
  usual?: Frequency;
  duplicates?: Combine;
}

/** Steps that a series may leave out, beside so many for each of its rows. */
const MOST_STEPS = 100_000;
const STEPS_A_ROW = 100;

export function gridOf(rows: Rows, options: GridOptions): Grid {
  const { format } = options;
  if (!format) return counted(rows, options);
  const { offsets } = rows;
  const instants = offsets ? rows.times.map((time, i) => time - offsets[i] * MINUTE) : rows.times;
  const { order, unsorted } = sorted(instants);
  const pick = (values: Float64Array) => (order ? Float64Array.from(order, (at) => values[at]) : values);
  const lines = pick(rows.lines);
  // Steps shorter than a day go by the world's clock, where the offset is written; days go by the local one.
  const offset = offsets?.[offsets.length - 1] ?? 0;
  const world = pick(instants).map((time) => time + offset * MINUTE);
  const local = offsets ? pick(rows.times) : world;
  const found = placed(world, lines, format, options);
  if (!offsets) return { ...onGrid(found, local, lines, true, options), order, unsorted };
  if (!isSubDaily(found.axis.frequency)) {
    return { ...onGrid(placed(local, lines, format, options), local, lines, false, options), order, unsorted };
  }
  const { frequency, start, style } = found.axis;
  const axis = new TimeAxis({ frequency, start, style, offset });
  return { ...onGrid({ ...found, axis }, world, lines, false, options), order, unsorted };
}

/** Without times: a row a step. */
function counted(rows: Rows, { frequency }: GridOptions): Grid {
  if (frequency && frequency.unit !== 'step') {
    throw new UsageError(
      'data',
      `frequency is ${frequencyName(frequency)}, but there is no column of times. ` +
        'Name it (time), or leave the frequency out and say the season in rows.',
    );
  }
  const axis = new TimeAxis({ frequency: { unit: 'step', every: 1 }, start: 1, style: 'index' });
  const steps = Float64Array.from({ length: rows.length }, (_, i) => i);
  return { axis, length: rows.length, steps, unsorted: 0, combined: 0, doubledHours: 0, skippedHours: 0 };
}

/** Stable: rows of the same time stay as they are. */
function sorted(times: Float64Array): { order?: Uint32Array; unsorted: number } {
  let unsorted = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < latest) unsorted++;
    else latest = time;
  }
  if (unsorted === 0) return { unsorted };
  const order = Uint32Array.from(times, (_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
  return { order, unsorted };
}

function placed(times: Float64Array, lines: Float64Array, format: TimeFormat, options: GridOptions): Placement {
  const { name, frequency, usual } = options;
  const unique = times.filter((time, i) => i === 0 || time !== times[i - 1]);
  const found = placementOf(unique, format, frequency, usual);
  if (found === 'one') {
    throw new UsageError(
      'data',
      `${name}, line ${lines[0]} has the only time, which shows no frequency. Say it (frequency: 'hourly').`,
    );
  }
  if ('axis' in found) return found;
  throw irregularTimes(name, unique, found, format.style, (time) => lines[times.indexOf(time)]);
}

type Steps = Omit<Grid, 'order' | 'unsorted'>;

function onGrid(
  { axis, isCoarse }: Placement,
  times: Float64Array,
  lines: Float64Array,
  hasNoOffset: boolean,
  options: GridOptions,
): Steps {
  const { format, duplicates } = options;
  const steps = times.map((time) => (isCoarse ? Math.floor(axis.stepOf(time)) : Math.round(axis.stepOf(time))));
  checkJumps(steps, times, lines, axis, options);
  // A local clock that is read to the hour or finer may have been changed.
  const isClock = format?.isLocal === true && hasNoOffset && isSubDaily(axis.frequency);
  const anHour = HOUR / (stepLength(axis.frequency) ?? HOUR);
  let combined = 0;
  let doubled = 0;
  let skipped = 0;
  for (let i = 1; i < steps.length; i++) {
    const jump = steps[i] - steps[i - 1];
    if (jump === 0) {
      const isThird = i > 1 && steps[i - 2] === steps[i];
      if (duplicates) combined++;
      else if (isClock && !isThird && clockMayChange(times[i])) doubled++;
      else throw repeated(axis.label(steps[i]), lines[i - 1], lines[i], isCoarse, options);
    } else if (isClock && jump === anHour + 1 && clockMayChange(axis.at(steps[i - 1] + 1))) skipped++;
  }
  const length = steps.length === 0 ? 0 : steps[steps.length - 1] + 1;
  return {
    axis,
    length,
    steps,
    combined,
    doubledHours: Math.ceil(doubled / Math.max(1, anHour)),
    skippedHours: skipped,
  };
}

/** Sundays of March, April and September to November, before four in the morning, in any country that changes it. */
function clockMayChange(time: number): boolean {
  const month = (((monthOf(time) % 12) + 12) % 12) + 1;
  return weekday(time) === 6 && timeOfDay(time) < 4 * HOUR && [3, 4, 9, 10, 11].includes(month);
}

function checkJumps(
  steps: Float64Array,
  times: Float64Array,
  lines: Float64Array,
  axis: TimeAxis,
  { name }: GridOptions,
): void {
  const length = steps.length === 0 ? 0 : steps[steps.length - 1];
  if (length <= MOST_STEPS + STEPS_A_ROW * steps.length) return;
  let widest = 1;
  for (let i = 1; i < steps.length; i++) {
    if (steps[i] - steps[i - 1] > steps[widest] - steps[widest - 1]) widest = i;
  }
  const jump = steps[widest] - steps[widest - 1];
  throw new UsageError(
    'data',
    `${name}, line ${lines[widest]} has ${axis.label(steps[widest])}, ${jump} steps after line ` +
      `${lines[widest - 1]} (${axis.label(steps[widest - 1])}), in a series of ${times.length} rows. ` +
      'Mend the time, or say a lower frequency (frequency).',
  );
}

function repeated(label: string, first: number, second: number, isCoarse: boolean, { name }: GridOptions): Error {
  const [earlier, later] = [Math.min(first, second), Math.max(first, second)];
  const advice = `say how they are combined (duplicates: 'mean', 'sum', 'first' or 'last').`;
  return new UsageError(
    '',
    isCoarse
      ? `data: ${name}, lines ${earlier} and ${later} fall in the same step, ${label}. Leave the frequency out, or ${advice}`
      : `data: ${name}, line ${later} has the time of line ${earlier} again, ${label}. ` +
          `Name the column that tells series apart (id), or ${advice}`,
  );
}
