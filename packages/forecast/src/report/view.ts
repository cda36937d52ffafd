/**
 * What is shown of a forecast: the past, the future and what they are called. Charts, pictures, reports and
 * tables all take it.
 *
 *   const view = { name: 'sales', history, times, futureTimes, forecast };
 *   chart(view, terminalLook(process.stdout, process.env))   text for a terminal
 *   svg([view])                                              a picture
 *   await png(svg([view]))                                   its pixels (Node)
 *   html([view], { title: 'Sales', model: 'mamba' })         one file that needs no other
 *   csvHeader(view) + csvRows(view)                          a table
 *
 * Times are milliseconds since 1970 in UTC; times of a wall clock are given as if they were UTC.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Forecast, Values } from '../types.ts';

export interface ForecastView {
  /** The series' id. */
  name: string;
  /** NaN where a value is missing. */
  history: Values;
  /** One for each value of the history. Without them, steps are counted from 1. */
  times?: readonly number[];
  /** One for each step ahead; needed where `times` are given. */
  futureTimes?: readonly number[];
  forecast: Forecast;
  /** What came true, for as many of the steps ahead as are known. */
  actual?: Values;
  /** Of the values, e.g. 'MW'. */
  unit?: string;
  /**
   * How a time is written in tables and read-outs; without times, how a step is. Default: as much of ISO 8601 as
   * the times need.
   */
  timeLabel?: (ms: number) => string;
  /** What was understood, for people: 'monthly', 'every 30 minutes'. */
  frequency?: string;
  /** Steps of the seasons in use. */
  seasons?: readonly number[];
  /** Further sentences about this series: what was filled in, what is doubtful. */
  notes?: readonly string[];
}

/** Lengths that agree, and times that are times; says what horizon they make. */
export function checkView(view: ForecastView): { horizon: number; isTime: boolean } {
  const { name, history, times, futureTimes, forecast } = view;
  const horizon = forecast.median.length;
  const fail = (what: string) => {
    throw new UsageError('report', `series ${JSON.stringify(name)} ${what}`);
  };
  if (horizon === 0) fail('has a forecast of 0 steps, expected at least one.');
  const rows = [
    ['mean', forecast.mean] as const,
    ...Object.entries(forecast.quantiles).map(([key, row]) => [`quantile ${key}`, row] as const),
    ...Object.entries(forecast.intervals ?? {}).flatMap(([key, { low, high }]) => [
      [`low ${key}`, low] as const,
      [`high ${key}`, high] as const,
    ]),
  ];
  for (const [what, row] of rows) {
    if (row.length !== horizon) fail(`has ${row.length} steps of its ${what}, expected ${horizon}, as of its median.`);
  }
  if (times && times.length !== history.length) {
    fail(`has ${times.length} times for ${history.length} values, expected one for each.`);
  }
  if (times && !futureTimes) fail('has times but no futureTimes, expected one for each step ahead.');
  if (futureTimes && futureTimes.length !== horizon) {
    fail(`has ${futureTimes.length} futureTimes for ${horizon} steps, expected one for each.`);
  }
  if (futureTimes && !times && history.length > 0) fail('has futureTimes but no times, expected one for each value.');
  const wrong = [...(times ?? []), ...(futureTimes ?? [])].find((ms) => !(Math.abs(ms) <= 8.64e15));
  if (wrong !== undefined) fail(`has a time ${wrong}, expected milliseconds since 1970.`);
  return { horizon, isTime: futureTimes !== undefined };
}
