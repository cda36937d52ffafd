/**
 * The axis that the times of a series lie on: the one they show, the one that was asked for, or that of the table's
 * other series.
 */

import { UsageError } from '@mamba-ts/core/errors';
import { DAY, HOUR, MINUTE } from '@mamba-ts/core/math';
import { TimeAxis, type TimeStyle, timeLabel } from './axis.ts';
import { inMonth, monthOf, timeOfDay, weekday } from './calendar.ts';
import { dayOfMonths, detectFrequency, type Irregular } from './detect.ts';
import { type Frequency, isSubDaily, sameFrequency, spanName, stepLength } from './frequency.ts';
import type { TimeFormat } from './times.ts';

export interface Placement {
  readonly axis: TimeAxis;
  /** Whether several times may fall in one step. */
  readonly isCoarse: boolean;
}

/** Times with fewer differences than this do not overrule the table's other series. */
const FEW = 10;

/** Where sorted times lie, or why nowhere; `asked` is what the user said, `usual` what the other series have. */
export function placementOf(
  times: Float64Array,
  format: TimeFormat,
  asked: Frequency | undefined,
  usual: Frequency | undefined,
): Placement | Irregular | 'one' {
  const own = times.length > 1 ? detectFrequency(times, format.style === 'index') : 'one';
  const found = own !== 'one' && 'frequency' in own ? own : undefined;
  const on = (frequency: Frequency, day?: number): Placement => {
    const style = styleOf(format.style, frequency, times[0]);
    return { axis: new TimeAxis({ frequency, start: times[0], style, day }), isCoarse: false };
  };
  if (asked) {
    if (found && sameFrequency(found.frequency, asked)) return on(asked, found.day);
    const exact = on(asked, asked.unit === 'month' ? dayOfMonths(times) : undefined);
    return fits(exact.axis, times) ? exact : coarse(times[0], asked, format.style);
  }
  if (usual && (!found || times.length < FEW)) {
    const exact = on(usual, usual.unit === 'month' ? dayOfMonths(times) : undefined);
    if (fits(exact.axis, times)) return exact;
  }
  if (found) return on(found.frequency, found.day);
  const only = own === 'one' ? assumed(format.style) : undefined;
  return only ? on(only) : (own as Irregular | 'one');
}

/** Days may be an hour off, where midnights of a local clock are written in the world's. */
function fits(axis: TimeAxis, times: Float64Array): boolean {
  const slack = isSubDaily(axis.frequency) || axis.style === 'index' ? 0 : HOUR;
  return times.every((time) => Math.abs(axis.at(Math.round(axis.stepOf(time))) - time) <= slack);
}

/** Steps that begin where the calendar has them begin: full hours, Mondays, the first of a month. */
function coarse(first: number, frequency: Frequency, style: TimeStyle): Placement {
  const begin = beginOf(first, frequency);
  const axis = new TimeAxis({ frequency, start: begin, style: styleOf(style, frequency, begin) });
  return { axis, isCoarse: true };
}

function beginOf(time: number, frequency: Frequency): number {
  const { unit, every } = frequency;
  const day = time - timeOfDay(time);
  if (unit === 'step') return time;
  if (unit === 'month') {
    const whole = every % 12 === 0 ? 12 : every % 3 === 0 ? 3 : 1;
    return inMonth(Math.floor(monthOf(time) / whole) * whole, 1);
  }
  if (unit === 'week') return day - weekday(time) * DAY;
  if (unit === 'businessDay') return day - Math.max(0, weekday(time) - 4) * DAY;
  const length = stepLength(frequency) as number;
  return length < DAY ? Math.floor(time / length) * length : day;
}

/** One time by itself shows how fine it is. */
function assumed(style: TimeStyle): Frequency | undefined {
  if (style === 'month') return { unit: 'month', every: 1 };
  if (style === 'quarter') return { unit: 'month', every: 3 };
  if (style === 'year') return { unit: 'month', every: 12 };
  if (style === 'index') return { unit: 'step', every: 1 };
  return style === 'date' ? { unit: 'day', every: 1 } : undefined;
}

/** How times are written: days without a clock, parts of a year only where the steps are. */
export function styleOf(style: TimeStyle, frequency: Frequency, start: number): TimeStyle {
  if (style === 'index' || style === 'seconds' || style === 'milliseconds') return style;
  if (isSubDaily(frequency) || timeOfDay(start) !== 0) return 'datetime';
  if (frequency.unit !== 'month' || style === 'datetime') return 'date';
  if ((style === 'year' && frequency.every % 12 !== 0) || (style === 'quarter' && frequency.every % 3 !== 0)) {
    return 'month';
  }
  return style;
}

/** What to say of times that are no even steps apart. `row` gives the line and the time of one, by place. */
export function irregularTimes(
  name: string,
  times: Float64Array,
  { irregularAt, usual }: Irregular,
  style: TimeStyle,
  lineOf: (time: number) => number,
): Error {
  const [before, at] = [times[irregularAt - 1], times[irregularAt]];
  const span = (length: number) => (style === 'index' ? String(length) : spanName(length));
  const hasSeconds = (before % MINUTE) + (at % MINUTE) > 0;
  const written = (time: number) => timeLabel(time, style, undefined, hasSeconds);
  const advice =
    style === 'index'
      ? `Mend the numbers, or leave the column out (time: 'none').`
      : 'Mend the times, or say the frequency and how rows of one step are combined ' +
        `(frequency: 'daily', duplicates: 'mean').`;
  return new UsageError(
    'data',
    `${name}, line ${lineOf(at)} has ${written(at)}, ${span(at - before)} after line ${lineOf(before)} ` +
      `(${written(before)}), expected multiples of ${span(usual)}, as most rows have. ${advice}`,
  );
}
