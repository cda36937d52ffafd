/**
 * The times of a request's series: values go to their steps, and the steps ahead get their times.
 *
 *   times 12:00 13:00 15:00, values 1 2 4   →   values 1 2 NaN 4, and 16:00 17:00 … ahead
 *
 * Times are read as tables are (src/data/timeTable): sorted, gaps filled, the frequency found.
 */
import { UsageError } from '@mamba-ts/core/errors';
import {
  type Frequency,
  formatOf,
  type Grid,
  gridOf,
  onSteps,
  parseFrequency,
  Rows,
  seasonsOf,
  timeLabel,
} from '@mamba-ts/forecast/timeTable';
import type { Covariates, CovariateValue, CovariateValues, NamedSeries } from './fields.ts';
import { type Limits, within } from './limits.ts';
import { Refusal, refused } from './refusal.ts';

/** A series with its values a step apart. */
export interface PlacedSeries extends NamedSeries {
  /** Of the steps from `from` on, `count` of them; undefined where the request has no times. */
  timesOf?(from: number, count: number): (string | number)[];
  /** Steps that the calendar has for a season; empty where nothing is known. */
  seasons: readonly number[];
}

function frequencyOf(text: string | undefined): Frequency | undefined {
  if (text === undefined) return undefined;
  try {
    return parseFrequency(text);
  } catch (error) {
    throw error instanceof UsageError ? new Refusal(400, error.what, 'frequency') : error;
  }
}

/** All series of a request; gaps between their times count as values. */
export function placedAll(all: readonly NamedSeries[], asked: string | undefined, limits: Limits): PlacedSeries[] {
  const frequency = frequencyOf(asked);
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
  const texts = times.map((time) => String(time).trim());
  const grid = gridFor(texts, times, i, frequency);
  const { axis } = grid;
  const asNumbers = times.every((time) => typeof time === 'number');
  const hasSeconds = texts.some((text) => /:\d+:\d/.test(text));
  const timeAt = (step: number) => {
    const text = timeLabel(axis.at(step), axis.style, axis.offset, hasSeconds);
    return asNumbers ? Number(text) : text;
  };
  return {
    ...series,
    values: onSteps(grid, values, 'mean'),
    past: past && mapped(past, (one) => placedOn(grid, one)),
    known: known && mapped(known, (one) => placedOn(grid, one)),
    timesOf: (from, count) => Array.from({ length: count }, (_, h) => timeAt(from + h)),
    seasons: seasonsOf(axis.frequency, grid.length),
  };
}

/** The first entries to the steps of their times; what lies behind the last time is already a step apart. */
function placedOn({ steps, order, length }: Grid, one: CovariateValues): CovariateValues {
  const found: CovariateValue[] = new Array(length).fill(null);
  steps.forEach((step, i) => {
    found[step] = one[order ? order[i] : i];
  });
  return found.concat(Array.from(one).slice(steps.length));
}

function gridFor(
  texts: readonly string[],
  times: readonly (string | number)[],
  i: number,
  frequency: Frequency | undefined,
): Grid {
  const name = `series[${i}].times`;
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
    throw error instanceof UsageError ? new Refusal(400, inWordsOfRequests(error.what), name) : error;
  }
}

const EXAMPLE = 'a time such as "2026-03-01" or "2026-03-01T12:00:00Z"';

/** What is said of the lines and options of a table, of the entries of an array. */
function inWordsOfRequests(said: string): string {
  const [what] = said.split(/(?<=[^.]\.) (?=[A-Z])/);
  return `${what.replace(/, line (\d+) has/, '[$1] has').replace(/\bline (\d+)/g, '[$1]')} Mend the times, or leave them out.`;
}

const mapped = (all: Covariates, change: (one: CovariateValues) => CovariateValues): Covariates =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
