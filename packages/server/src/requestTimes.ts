/** The series of a request as tasks: values go to the steps of their times, and the steps ahead get their times. */
import { UsageError } from '@mamba-ts/core/errors';
import { pathText } from '@mamba-ts/core/schema';
import { onTimes, TimesError } from '@mamba-ts/forecast/compose';
import type { Task } from '@mamba-ts/forecast/task';
import { type Frequency, parseFrequency, seasonsOf, type TimeAxis, timeLabel } from '@mamba-ts/forecast/timeTable';
import type { NamedSeries } from './fields.ts';
import { type Limits, within } from './limits.ts';
import { Refusal } from './refusal.ts';

/** A series with its values one step apart. */
export interface PlacedSeries extends Task {
  /** As the request has it. */
  readonly given: NamedSeries;
  /** The times of `count` steps from step `from` on; undefined if the request has no times. */
  timesOf?(from: number, count: number): (string | number)[];
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
export function placedAll(all: readonly NamedSeries[], given: string | undefined, limits: Limits): PlacedSeries[] {
  const frequency = frequencyOf(given);
  let points = 0;
  return all.map((series, i) => {
    const found = placed(series, i, frequency);
    points += found.values.length;
    within(limits, 'points', points);
    return found;
  });
}

function placed(given: NamedSeries, i: number, frequency: Frequency | undefined): PlacedSeries {
  const { id = i, times, values, past, known } = given;
  const about = { id: String(id), name: `series ${JSON.stringify(id)}`, given };
  if (!times) {
    return { ...about, values, past, known, seasons: frequency ? seasonsOf(frequency, values.length) : [] };
  }
  const texts = times.map((time) => String(time).trim());
  try {
    const series = onTimes({ values, times: texts, past, known }, ['series', i, 'times'], frequency, '');
    return { ...about, ...series, timesOf: writerOf(series.axis, times, texts) };
  } catch (error) {
    throw error instanceof TimesError ? new Refusal(400, error.what, pathText(error.path)) : error;
  }
}

/** Writes times in the format of the request. */
function writerOf(axis: TimeAxis, times: readonly (string | number)[], texts: readonly string[]) {
  const asNumbers = times.every((time) => typeof time === 'number');
  const hasSeconds = texts.some((text) => /:\d+:\d/.test(text));
  const timeAt = (step: number) => {
    const text = timeLabel(axis.at(step), axis.style, axis.offset, hasSeconds);
    return asNumbers ? Number(text) : text;
  };
  return (from: number, count: number) => Array.from({ length: count }, (_, h) => timeAt(from + h));
}
