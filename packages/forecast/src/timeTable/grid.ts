/**
 * Rows to steps of an even axis, in the order of time.
 *
 *   12:00  13:00  15:00   →   steps 0, 1, 3: step 2 is missing
 *
 * A local clock skips an hour in spring, which is then missing, and shows one twice in autumn, whose rows are averaged:
 * so a day keeps its 24 hours, and noon its place. Other rows of the same time are refused.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { HOUR, MINUTE } from '@mamba-ts/core/math';
import { CellError } from '@mamba-ts/core/table';
import { TimeAxis } from './axis.ts';
import { type Frequency, frequencyName, isSubDaily, stepLength } from './frequency.ts';
import { irregularTimes, type Placement, placementOf } from './placement.ts';
import type { Rows } from './rows.ts';
import type { TimeFormat } from './timeFormats.ts';
import type { Aggregation } from './timeTableTypes.ts';
import { monthOf, timeOfDay, weekday } from './wallClock.ts';

/** The steps of the rows of a series. */
export interface Grid {
  readonly axis: TimeAxis;
  /** The number of steps from the first row to the last. */
  readonly length: number;
  /** The rows in the order of time; undefined where they are in that order. */
  readonly order?: Uint32Array;
  /** The step of each row, in the order of time. */
  readonly steps: Float64Array;
  /** The number of rows that came after a later one. */
  readonly unsorted: number;
  /** The number of rows that share their step with another row. */
  readonly combined: number;
  /** Hours that a local clock showed twice. */
  readonly doubledHours: number;
  /** Hours that a local clock skipped. */
  readonly skippedHours: number;
}

export interface GridOptions {
  /** What messages call the table, and the series in it. */
  name: string;
  /** Undefined: rows are a step apart. */
  format: TimeFormat | undefined;
  /** Given by the user: a row belongs to the step in which it is. Default: found. */
  frequency?: Frequency;
  /** The frequency of the table's other series, for a series that is too short to show one. */
  usual?: Frequency;
  /** How rows of one step are combined. Default: they are refused. */
  duplicates?: Aggregation;
}

/** A series may have this number of steps, and STEPS_A_ROW more for each of its rows: more is a wrong time. */
const MOST_STEPS = 100_000;
const STEPS_A_ROW = 100;

/**
 * The steps of the rows of a series.
 *
 * @throws CellError for times that are not evenly apart, rows of the same time without `duplicates`, and a time far away
 * @throws UsageError for a frequency where rows have no times
 * @example
 * const rows = new Rows('a', 1);
 * ['2024-01-01', '2024-01-03'].forEach((day, i) => rows.push(i, Date.parse(day), Number.NaN, [i]));
 * gridOf(rows, { name: 'a', format, frequency: parseFrequency('daily') }).steps;    // 0, 2
 */
export function gridOf(rows: Rows, options: GridOptions): Grid {
  const { format } = options;
  if (!format) return counted(rows, options);
  const { offsets } = rows;
  const instants = offsets ? rows.times.map((time, i) => time - offsets[i] * MINUTE) : rows.times;
  const { order, unsorted } = sorted(instants);
  const pick = (values: Float64Array) => (order ? Float64Array.from(order, (at) => values[at]) : values);
  const lines = pick(rows.lines);
  // Where offsets are written, steps shorter than a day follow UTC, and days follow the local clock.
  const offset = offsets?.[offsets.length - 1] ?? 0;
  const world = offset === 0 ? pick(instants) : pick(instants).map((time) => time + offset * MINUTE);
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

/** Rows without times: each is a step. */
function counted(rows: Rows, { frequency }: GridOptions): Grid {
  if (frequency && frequency.unit !== 'step') {
    throw new UsageError(
      'data',
      `frequency is ${frequencyName(frequency)}, but there is no column of times. ` +
        'Name it (time), or leave the frequency out and give the season in rows.',
    );
  }
  const axis = new TimeAxis({ frequency: { unit: 'step', every: 1 }, start: 1, style: 'index' });
  const steps = Float64Array.from({ length: rows.length }, (_, i) => i);
  return { axis, length: rows.length, steps, unsorted: 0, combined: 0, doubledHours: 0, skippedHours: 0 };
}

/** The order of time; rows of the same time keep their order. */
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
  const isNew = (time: number, i: number) => i === 0 || time !== times[i - 1];
  const unique = times.every(isNew) ? times : times.filter(isNew);
  const found = placementOf(unique, format, frequency, usual);
  if (found === 'one') {
    throw new CellError(
      { table: name, line: lines[0] },
      'has the only time, which shows no frequency',
      "Give it (frequency: 'hourly').",
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
  // The clock may have been changed where times are local and steps shorter than a day.
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

/** Clocks are changed before four in the morning on Sundays of March, April and September to November. */
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
  throw new CellError(
    { table: name, line: lines[widest] },
    (line) =>
      `has ${axis.label(steps[widest])}, ${jump} steps after ${line(lines[widest - 1])} ` +
      `(${axis.label(steps[widest - 1])}), in a series of ${times.length} rows`,
    'Fix the time, or give a lower frequency (frequency).',
  );
}

function repeated(label: string, first: number, second: number, isCoarse: boolean, { name }: GridOptions): CellError {
  const [earlier, later] = [Math.min(first, second), Math.max(first, second)];
  const advice = "say how they are combined (duplicates: 'mean', 'sum', 'first' or 'last').";
  return new CellError(
    { table: name, line: later },
    (line) =>
      isCoarse
        ? `has a time in the step of ${line(earlier)}, ${label}`
        : `has the time of ${line(earlier)} again, ${label}`,
    `${isCoarse ? 'Leave the frequency out' : 'Name the column that tells series apart (id)'}, or ${advice}`,
  );
}
