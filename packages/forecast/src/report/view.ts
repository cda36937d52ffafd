/**
 * The view of a forecast: the past, the future and their names, from which charts, reports and files are made.
 *
 *   const view = { name: 'sales', history, times, futureTimes, forecast };
 *   chart(view, terminalLook(process.stdout, process.env))   text for a terminal
 *   svg([view])                                              an SVG chart
 *   await png(svg([view]))                                   as PNG, in Node
 *   html([view], { title: 'Sales', model: 'mamba' })         a self-contained report
 *   csvHeader(view) + csvRows(view)                          rows of a file
 *
 * Times are milliseconds since 1970 in UTC. Times of a wall clock are given as if the clock showed UTC.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Forecast, Values } from '../types.ts';

/** A series and its forecast. */
export interface ForecastView {
  /** The id of the series. */
  name: string;
  /** NaN where a value is missing. */
  history: Values;
  /** The time of each value of the history. Without times, steps are counted from 1. */
  times?: readonly number[];
  /** The time of each step ahead; required with `times`. */
  futureTimes?: readonly number[];
  forecast: Forecast;
  /** Actual values, of as many of the steps ahead as are known. */
  actual?: Values;
  /** The unit of the values, such as 'MW'. */
  unit?: string;
  /**
   * How a time is written in tables, or a step where there are no times. Default: the shortest form of ISO 8601
   * that distinguishes the times, or the number of the step.
   */
  timeLabel?: (ms: number) => string;
  /** The frequency in words: 'monthly', 'every 30 minutes'. */
  frequency?: string;
  /** The seasons in use, in steps. */
  seasons?: readonly number[];
  /** Further sentences about this series: values that were filled in, doubts. */
  notes?: readonly string[];
}

/**
 * Checks that the lengths agree and that times are valid.
 * @throws UsageError
 */
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
    if (row.length !== horizon) fail(`has ${row.length} steps of its ${what}, expected ${horizon}, as its median has.`);
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
