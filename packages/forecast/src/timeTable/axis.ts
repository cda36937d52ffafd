/**
 * The times of a series: the time of its first step, and of every step after it, of the future too.
 *
 *   t(i) = t(0) + i·step        months: the same day of month m(0) + i·every, or its last
 */
import { DAY, MINUTE } from '@mamba-ts/core/math';
import { type Frequency, stepLength } from './frequency.ts';
import { signed, type TimeWriter } from './timeSpelling.ts';
import { dayOfMonth, inMonth, MONDAY, monthOf, timeOfDay } from './wallClock.ts';

/** How times are written. */
export type TimeStyle =
  | 'date'
  | 'datetime'
  | 'month'
  | 'quarter'
  | 'year'
  | 'seconds'
  | 'milliseconds'
  | 'microseconds'
  | 'nanoseconds'
  | 'index';

export interface AxisOptions {
  frequency: Frequency;
  /** The time of step 0 in milliseconds of the wall clock, or the number of the first row. */
  start: number;
  style: TimeStyle;
  /** Minutes east of Greenwich, where times are written with an offset. Default: without. */
  offset?: number;
  /** Months: the day of each; 31 is the last one. Default: that of `start`. */
  day?: number;
  /** Writes times in the spelling of a table. Default: by `style`. */
  write?: TimeWriter;
}

/**
 * Times a step apart.
 *
 * @example
 * const axis = new TimeAxis({ frequency: { unit: 'month', every: 1 }, start: Date.UTC(2024, 0, 31), style: 'date' });
 * axis.label(1);    // '2024-02-29'
 */
export class TimeAxis {
  readonly frequency: Frequency;
  readonly start: number;
  readonly style: TimeStyle;
  readonly offset: number | undefined;
  readonly day: number;
  readonly write: TimeWriter | undefined;

  constructor({ frequency, start, style, offset, day, write }: AxisOptions) {
    this.write = write;
    this.frequency = frequency;
    this.start = start;
    this.style = style;
    this.offset = offset;
    this.day = day ?? (style === 'index' ? 1 : dayOfMonth(start));
  }

  /** The time of step `i` in milliseconds of the wall clock; of an index, its number. */
  at(i: number): number {
    const { frequency, start } = this;
    const { unit, every } = frequency;
    if (unit === 'step') return start + i * every;
    if (unit === 'month') return inMonth(monthOf(start) + i * every, this.day, timeOfDay(start));
    if (unit === 'businessDay') return fromBusinessDay(businessDay(start) + i * every) + timeOfDay(start);
    return start + i * (stepLength(frequency) as number);
  }

  /** The step of a time; a fraction where the time is between two steps. */
  stepOf(time: number): number {
    const { frequency, start } = this;
    const { unit, every } = frequency;
    if (unit === 'step') return (time - start) / every;
    if (unit === 'month') return (monthOf(time) - monthOf(start)) / every;
    if (unit === 'businessDay') return (businessDay(time) - businessDay(start)) / every;
    return (time - start) / (stepLength(frequency) as number);
  }

  /** The time of step `i` in the spelling of the table. */
  label(i: number): string {
    return this.labelOf(this.at(i));
  }

  /** A time in the spelling of the table. */
  labelOf(time: number): string {
    const step = stepLength(this.frequency) ?? MINUTE;
    const written = this.write?.(time, this.offset);
    if (written !== undefined) return written;
    const hasSeconds = step % MINUTE !== 0 || this.start % MINUTE !== 0;
    return timeLabel(time, this.style, this.offset, hasSeconds);
  }

  /** The same axis, beginning `steps` later. */
  from(steps: number): TimeAxis {
    const { frequency, style, offset, day, write } = this;
    return new TimeAxis({ frequency, start: this.at(steps), style, offset, day, write });
  }

  /** Whether times are times of a calendar; false where rows are only counted. */
  get hasCalendar(): boolean {
    return this.style !== 'index';
  }
}

/** Business days since 1970-01-05; a weekend counts as the Friday before. */
function businessDay(time: number): number {
  const days = Math.floor((time - MONDAY) / DAY);
  const week = Math.floor(days / 7);
  return week * 5 + Math.min(days - week * 7, 4);
}

function fromBusinessDay(day: number): number {
  const week = Math.floor(day / 5);
  return MONDAY + (week * 7 + (day - week * 5)) * DAY;
}

/**
 * A time as text.
 *
 * @param time milliseconds of the wall clock; of an index, its number
 * @param offset minutes east of Greenwich, which are written
 * @example
 * timeLabel(Date.UTC(2024, 0, 31, 12), 'datetime', 60, false);    // '2024-01-31T12:00+01:00'
 */
export function timeLabel(time: number, style: TimeStyle, offset?: number, hasSeconds = true): string {
  if (style === 'index') return String(time);
  if (style === 'seconds') return String(time / 1000);
  if (style === 'milliseconds') return String(time);
  if (style === 'microseconds') return String(Math.round(time * 1000));
  if (style === 'nanoseconds') return String(BigInt(Math.round(time * 1000)) * 1000n);
  const iso = new Date(time).toISOString();
  // Years beyond 9999 begin with a sign.
  const year = iso.length - 'MM-DDTHH:MM:SS.sssZ'.length - 1;
  if (style === 'year') return iso.slice(0, year);
  if (style === 'month') return iso.slice(0, year + 3);
  if (style === 'quarter') return `${iso.slice(0, year)} Q${Math.floor((monthOf(time) % 12) / 3) + 1}`;
  const date = iso.slice(0, year + 6);
  if (style === 'date') return date;
  const clock = hasSeconds ? iso.slice(year + 7, -1).replace(/\.000$/, '') : iso.slice(year + 7, year + 12);
  if (offset === undefined) return `${date} ${clock}`;
  return `${date}T${clock}${offset === 0 ? 'Z' : signed(offset, ':')}`;
}
