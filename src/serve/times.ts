/**
 * The times of a request's series: values go to their steps, and the steps ahead get their times.
 *
 *   times 12:00 13:00 15:00, values 1 2 4   →   values 1 2 NaN 4, and 16:00 17:00 … ahead
 *
 * Times are read as tables are (src/data/timeTable): sorted, gaps filled, the frequency found.
 */
import { type Frequency, parseFrequency, type TimeAxis } from '../data/timeTable/index.ts';
import { seasonsOf } from '../data/timeTable/frequency.ts';
import { type Grid, gridOf } from '../data/timeTable/grid.ts';
import { Rows } from '../data/timeTable/rows.ts';
import { onSteps } from '../data/timeTable/seriesOf.ts';
import { formatOf } from '../data/timeTable/times.ts';
import type { Covariates } from '../forecast/types.ts';
import type { NamedSeries } from './fields.ts';
import { type Limits, within } from './limits.ts';
import { Refusal, refused } from './refusal.ts';

/** A series with its values a step apart. */
export interface PlacedSeries extends NamedSeries {
  /** Of the steps from `from` on, `count` of them; undefined where the request has no times. */
  timesOf?(from: number, count: number): (string | number)[];
  /** Steps that the calendar has for a season; empty where nothing is known. */
  seasons: readonly number[];
}

export function frequencyOf(text: string | undefined): Frequency | undefined {
  if (text === undefined) return undefined;
  try {
    return parseFrequency(text);
  } catch (error) {
    throw new Refusal(400, (error as Error).message.replace(/^data: /, ''), 'frequency');
  }
}

/** All series of a request; gaps between their times count as values. */
export function placedAll(
  all: readonly NamedSeries[],
  frequency: Frequency | undefined,
  limits: Limits,
): PlacedSeries[] {
  let points = 0;
  return all.map((series, i) => {
    const found = placed(series, i, frequency);
    points += found.values.length;
    within(limits, 'points', points);
    return found;
  });
}

function placed(series: NamedSeries, i: number, frequency: Frequency | undefined): PlacedSeries {
  const { times, values, past, known } = series;
  if (!times) return { ...series, seasons: frequency ? seasonsOf(frequency, values.length) : [] };
  const grid = gridFor(times, `series[${i}].times`, i, frequency);
  const spread = (column: ArrayLike<number>) =>
    onSteps(grid, Float64Array.from(column).subarray(0, times.length), 'mean');
  const asNumbers = times.every((time) => typeof time === 'number');
  return {
    ...series,
    values: spread(values),
    past: past && mapped(past, spread),
    // What lies behind the last time is already a step apart.
    known: known && mapped(known, (one) => joined(spread(one), Array.from(one).slice(times.length))),
    timesOf: (from, count) => timesOn(grid.axis, from, count).map((time) => (asNumbers ? Number(time) : time)),
    seasons: seasonsOf(grid.axis.frequency, grid.length),
  };
}

const timesOn = (axis: TimeAxis, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, h) => axis.label(from + h));

function gridFor(times: readonly (string | number)[], name: string, i: number, frequency: Frequency | undefined): Grid {
  const texts = times.map((time) => String(time).trim());
  try {
    const format = formatOf(texts, { anyDigits: true, where: name });
    if (!format) throw refused(['series', i, 'times', 0], times[0], EXAMPLE);
    const rows = new Rows('', 0);
    texts.forEach((text, t) => {
      const moment = format.read(text);
      if (!moment) throw refused(['series', i, 'times', t], times[t], `${EXAMPLE}, as the others are`);
      rows.push(t, moment.time, moment.offset ?? Number.NaN, []);
    });
    return gridOf(rows, { name, format, frequency });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, inWordsOfRequests((error as Error).message), name);
  }
}

const EXAMPLE = 'a time such as "2026-03-01" or "2026-03-01T12:00:00Z"';

/** What is said of the lines and options of a table, of the entries of an array. */
function inWordsOfRequests(message: string): string {
  const [what] = message.replace(/^data: /, '').split(/(?<=[^.]\.) (?=[A-Z])/);
  return `${what.replace(/, line (\d+) has/, '[$1] has').replace(/\bline (\d+)/g, '[$1]')} Mend the times, or leave them out.`;
}

const mapped = (all: Covariates, change: (one: ArrayLike<number>) => ArrayLike<number>): Covariates =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));

const joined = (first: Float64Array, rest: readonly number[]): Float64Array => Float64Array.from([...first, ...rest]);
