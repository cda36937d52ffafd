/**
 * Rows to steps of an even axis, in the order of time.
 *
 *   12:00  13:00  15:00   →   steps 0, 1, 3: step 2 is missing
 *
 * A local clock skips an hour in spring, which is then missing, and shows one twice in autumn, whose rows are averaged:
 * so a day keeps its 24 hours, and noon its place. Other rows of the same time are refused.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { DAY, HOUR, MINUTE, SECOND } from '@mamba-ts/core/math';
import { CellError } from '@mamba-ts/core/table';
import { TimeAxis } from './axis.ts';
import { type Frequency, frequencyName, isSubDaily, stepLength } from './frequency.ts';
import { irregularTimes, type Placement, placementOf } from './placement.ts';
import type { Rows } from './rows.ts';
import type { TimeFormat } from './timeFormats.ts';
import type { Aggregation } from './timeTableTypes.ts';
import { dayOfMonth, monthOf, timeOfDay, weekday } from './wallClock.ts';

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
  /** Whether rows fill the first and the last step: a month of which the rows cover ten days is not filled. */
  readonly filled: { readonly first: boolean; readonly last: boolean };
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
  const times = format.style === 'index' ? rows.times : wholeSeconds(rows.times);
  const instants = offsets ? times.map((time, i) => time - offsets[i] * MINUTE) : times;
  const { order, unsorted } = sorted(instants);
  const pick = (values: Float64Array) => (order ? Float64Array.from(order, (at) => values[at]) : values);
  const lines = pick(rows.lines);
  // Where offsets are written, steps shorter than a day follow UTC, and days follow the local clock.
  const offset = offsets?.[offsets.length - 1] ?? 0;
  const world = offset === 0 ? pick(instants) : pick(instants).map((time) => time + offset * MINUTE);
  const local = offsets ? pick(times) : world;
  const found = placed(world, lines, format, options);
  if (!offsets) return { ...onGrid(found, local, lines, true, options), order, unsorted };
  if (!isSubDaily(found.axis.frequency)) {
    const days = placed(local, lines, format, options);
    return { ...onGrid(withOffset(days, offset), local, lines, false, options), order, unsorted };
  }
  const { axis } = withOffset(found, offset);
  return { ...onGrid({ ...found, axis }, world, lines, false, options), order, unsorted };
}

function withOffset({ axis, isCoarse }: Placement, offset: number): Placement {
  const { frequency, start, style, day, write } = axis;
  return { axis: new TimeAxis({ frequency, start, style, day, write, offset }), isCoarse };
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
  const filled = { first: true, last: true };
  return { axis, length: rows.length, steps, unsorted: 0, combined: 0, doubledHours: 0, skippedHours: 0, filled };
}

/** Spreadsheets hold times as parts of a day, which are off by milliseconds when they are written. */
function wholeSeconds(times: Float64Array): Float64Array {
  const isOff = (time: number) => Math.abs(time - Math.round(time / SECOND) * SECOND);
  const range = times[times.length - 1] - times[0];
  if (!times.some((time) => isOff(time) > 0) || times.length < 3 || !(Math.abs(range) > 10 * SECOND)) return times;
  return times.every((time) => isOff(time) <= MOST_OFF)
    ? times.map((time) => Math.round(time / SECOND) * SECOND)
    : times;
}

const MOST_OFF = 10;

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
  const steps = isCoarse ? coarseSteps(times, axis) : times.map((time) => Math.round(axis.stepOf(time)));
  checkJumps(steps, times, lines, axis, options);
  // The clock may have been changed where times are local and steps shorter than a day.
  const isClock = format?.isLocal === true && hasNoOffset && isSubDaily(axis.frequency);
  const anHour = HOUR / (stepLength(axis.frequency) ?? HOUR);
  let combined = 0;
  let doubled = 0;
  let skipped = 0;
  // The time at which a clock was last set back.
  let setBack = Number.NEGATIVE_INFINITY;
  const mayRepeat = (time: number) =>
    clockMayChange(time) && (time - setBack < HOUR || time - setBack > BETWEEN_CHANGES);
  for (let i = 1; i < steps.length; i++) {
    const jump = steps[i] - steps[i - 1];
    if (jump === 0) {
      const isThird = i > 1 && steps[i - 2] === steps[i];
      if (duplicates) combined++;
      else if (isClock && !isThird && mayRepeat(times[i])) {
        if (times[i] - setBack >= HOUR) setBack = times[i];
        doubled++;
      } else throw repeated(axis.label(steps[i]), lines[i - 1], lines[i], isCoarse, options);
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
    filled: combined > 0 && isCoarse ? filledEnds(times, axis, length) : { first: true, last: true },
  };
}

/** Rows fill a step if they leave no more of it empty, before or behind them, than there is between two rows elsewhere. */
function filledEnds(times: Float64Array, axis: TimeAxis, length: number): Grid['filled'] {
  const gaps = Float64Array.from({ length: times.length - 1 }, (_, i) => times[i + 1] - times[i]).sort();
  const usual = gaps[Math.floor(USUAL_GAP * gaps.length)] ?? 0;
  const last = times[times.length - 1];
  return { first: times[0] - axis.at(0) <= usual, last: axis.at(length) - last <= usual };
}

const USUAL_GAP = 0.98;

/**
 * The step in which each time is. Times just before and after the steps, such as 00:59:59.997, 02:00:00.003, are at the
 * step that is next, if each of them then has a step of its own.
 */
function coarseSteps(times: Float64Array, axis: TimeAxis): Float64Array {
  const exact = times.map((time) => axis.stepOf(time));
  const nearest = exact.map(Math.round);
  const isNear = exact.every(
    (step, i) => Math.abs(step - nearest[i]) < NEAR && (i === 0 || nearest[i] > nearest[i - 1]),
  );
  const down = exact.map(Math.floor);
  const isTwice = down.some((step, i) => i > 0 && step === down[i - 1]);
  if (!isTwice || !isNear) return down;
  return nearest[0] < 0 ? nearest.map((step) => step - nearest[0]) : nearest;
}

/** The part of a step by which a time may be off. */
const NEAR = 0.1;

/**
 * Clocks are changed before four in the morning, or at midnight, when 23:00 of the day before comes twice: on Sundays of
 * Europe and America, on other days in Egypt, Iran or Lebanon; in spring and in autumn of either half of the world.
 */
function clockMayChange(time: number): boolean {
  const month = (((monthOf(time) % 12) + 12) % 12) + 1;
  const hour = timeOfDay(time) / HOUR;
  if ((hour >= 4 && hour < 23) || [1, 6, 7, 12].includes(month)) return false;
  // Iran changed its clocks on a day of the year; others do so on the nights before Friday, Saturday and Sunday.
  const day = dayOfMonth(time);
  return weekday(time) + Number(hour >= 23) >= 4 || ((month === 3 || month === 9) && day >= 20 && day <= 23);
}

/** A clock is changed twice a year: rows that repeat more often are not those of a clock. */
const BETWEEN_CHANGES = 25 * DAY;

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
