/**
 * The axis of the times of a series: the one that they show, the one that the user gives, or that of the table's other
 * series.
 */
import { DAY, HOUR, MINUTE } from '@mamba-ts/core/math';
import { CellError } from '@mamba-ts/core/table';
import { TimeAxis, type TimeStyle, timeLabel } from './axis.ts';
import { dayOfMonths, detectFrequency, type Irregular } from './detect.ts';
import { type Frequency, isSubDaily, sameFrequency, spanName, stepLength } from './frequency.ts';
import type { TimeFormat } from './timeFormats.ts';
import { inMonth, monthOf, timeOfDay, weekday } from './wallClock.ts';

export interface Placement {
  readonly axis: TimeAxis;
  /** Whether a step may have several times. */
  readonly isCoarse: boolean;
}

/** A series of fewer times does not overrule the table's other series. */
const FEW = 10;

/**
 * The axis of sorted times, or why there is none.
 *
 * @param given the frequency that the user gives
 * @param usual the frequency of the table's other series
 */
export function placementOf(
  times: Float64Array,
  format: TimeFormat,
  given: Frequency | undefined,
  usual: Frequency | undefined,
): Placement | Irregular | 'one' {
  const detected = times.length > 1 ? detectFrequency(times, format.style === 'index') : 'one';
  const found = detected !== 'one' && 'frequency' in detected ? detected : undefined;
  const on = (frequency: Frequency, day?: number): Placement => {
    const start = startOf(times, frequency);
    const style = styleOf(format.style, frequency, start);
    return { axis: new TimeAxis({ frequency, start, style, day, write: format.write }), isCoarse: false };
  };
  if (given) {
    if (found && sameFrequency(found.frequency, given)) return on(given, found.day);
    const exact = on(given, given.unit === 'month' ? dayOfMonths(times) : undefined);
    return fits(exact.axis, times) ? exact : coarse(times[0], given, format);
  }
  if (usual && (!found || times.length < FEW)) {
    const exact = on(usual, usual.unit === 'month' ? dayOfMonths(times) : undefined);
    if (fits(exact.axis, times)) return exact;
  }
  if (found) return on(found.frequency, found.day);
  const only = detected === 'one' ? assumed(format.style) : undefined;
  return only ? on(only) : (detected as Irregular | 'one');
}

/**
 * The time of step 0. Where midnights of a local clock are written in UTC, the last one counts: those of the future
 * follow it.
 */
function startOf(times: Float64Array, frequency: Frequency): number {
  const [first, last] = [times[0], times[times.length - 1]];
  const length = stepLength(frequency);
  if (length === undefined || length < DAY) return first;
  const steps = Math.round((last - first) / length);
  return Math.abs(last - first - steps * length) <= HOUR ? last - steps * length : first;
}

/** Days may be an hour off, where midnights of a local clock are written in UTC. */
function fits(axis: TimeAxis, times: Float64Array): boolean {
  const slack = isSubDaily(axis.frequency) || axis.style === 'index' ? 0 : HOUR;
  return times.every((time) => Math.abs(axis.at(Math.round(axis.stepOf(time))) - time) <= slack);
}

/** Steps that begin at places of the calendar: full hours, Mondays, the first of a month. */
function coarse(first: number, frequency: Frequency, { style, write }: TimeFormat): Placement {
  const begin = beginOf(first, frequency);
  const found = styleOf(style, frequency, begin);
  // Days of a table of hours have no clock.
  const axis = new TimeAxis({ frequency, start: begin, style: found, ...(found === style && { write }) });
  return { axis, isCoarse: true };
}

function beginOf(time: number, frequency: Frequency): number {
  const { unit, every, begins = 0 } = frequency;
  const day = time - timeOfDay(time);
  if (unit === 'step') return time;
  if (unit === 'month') {
    const whole = every % 12 === 0 ? 12 : every % 3 === 0 ? 3 : 1;
    return inMonth(Math.floor((monthOf(time) - begins) / whole) * whole + begins, 1);
  }
  if (unit === 'week') return day - ((weekday(time) - begins + 7) % 7) * DAY;
  if (unit === 'businessDay') return day - Math.max(0, weekday(time) - 4) * DAY;
  const length = stepLength(frequency) as number;
  return length < DAY ? Math.floor(time / length) * length : day;
}

/** The frequency of a single time, by its style. */
function assumed(style: TimeStyle): Frequency | undefined {
  if (style === 'month') return { unit: 'month', every: 1 };
  if (style === 'quarter') return { unit: 'month', every: 3 };
  if (style === 'year') return { unit: 'month', every: 12 };
  if (style === 'index') return { unit: 'step', every: 1 };
  return style === 'date' ? { unit: 'day', every: 1 } : undefined;
}

/** The style of the times of an axis: days without a clock, parts of a year only where the steps are. */
export function styleOf(style: TimeStyle, frequency: Frequency, start: number): TimeStyle {
  if (style === 'index' || /seconds$/.test(style)) return style;
  if (isSubDaily(frequency) || timeOfDay(start) !== 0) return 'datetime';
  if (frequency.unit !== 'month' || style === 'datetime') return 'date';
  if ((style === 'year' && frequency.every % 12 !== 0) || (style === 'quarter' && frequency.every % 3 !== 0)) {
    return 'month';
  }
  return style;
}

/** The error for times that are not evenly apart. `lineOf`: the line of a time. */
export function irregularTimes(
  name: string,
  times: Float64Array,
  { irregularAt, usual }: Irregular,
  style: TimeStyle,
  lineOf: (time: number) => number,
): CellError {
  const [before, at] = [times[irregularAt - 1], times[irregularAt]];
  const span = (length: number) => (style === 'index' ? String(length) : spanName(length));
  const hasSeconds = (before % MINUTE) + (at % MINUTE) > 0;
  const written = (time: number) => timeLabel(time, style, undefined, hasSeconds);
  const advice =
    style === 'index'
      ? "Fix the numbers, or leave the column out (time: 'none')."
      : 'Fix the times, or give the frequency and how rows of one step are combined ' +
        "(frequency: 'daily', duplicates: 'mean').";
  return new CellError(
    { table: name, line: lineOf(at) },
    (line) =>
      `has ${written(at)}, ${span(at - before)} after ${line(lineOf(before))} (${written(before)}), ` +
      `expected multiples of ${span(usual)}, as most rows have`,
    advice,
  );
}
