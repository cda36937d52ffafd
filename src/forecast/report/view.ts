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
import type { Forecast, Values } from '../types.ts';
import { timeNamer } from './times.ts';

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
  /** How a time is written in tables and read-outs. Default: as much of ISO 8601 as the times need. */
  timeLabel?: (ms: number) => string;
  /** What was understood, for people: 'monthly', 'every 30 minutes'. */
  frequency?: string;
  /** Steps of the seasons in use. */
  seasons?: readonly number[];
  /** Further sentences about this series: what was filled in, what is doubtful. */
  notes?: readonly string[];
}

/** A central interval, from its level in per cent. */
export interface Band {
  level: number;
  low: readonly number[];
  high: readonly number[];
}

/** A view made ready to draw: x and y of the past that is shown and of the future. */
export interface Curves {
  isTime: boolean;
  past: { x: number[]; y: number[] };
  future: { x: number[]; median: readonly number[]; mean: readonly number[] };
  /** The widest first. */
  bands: Band[];
  actual?: readonly number[];
  /** Name of a place on the x axis. */
  label(x: number): string;
  /** A value with as many digits as matter in this series. */
  number(value: number): string;
}

/** Checks the view; `shown` is how many values of the past are kept, the last ones. */
export function curvesOf(view: ForecastView, shown = defaultShown(view)): Curves {
  const { horizon, isTime } = check(view);
  const { history, forecast, times } = view;
  const from = Math.max(0, history.length - shown);
  const past = { x: [] as number[], y: [] as number[] };
  for (let i = from; i < history.length; i++) {
    past.x.push(times ? times[i] : i + 1);
    past.y.push(history[i]);
  }
  const x = Array.from({ length: horizon }, (_, i) => view.futureTimes?.[i] ?? history.length + i + 1);
  const bands = bandsOf(forecast);
  return {
    isTime,
    past,
    future: { x, median: forecast.median, mean: forecast.mean },
    bands,
    actual: view.actual && Array.from(view.actual),
    label: labeller(view, x),
    number: numberFormat([past.y, ...bands.flatMap(({ low, high }) => [low, high]), forecast.median]),
  };
}

/** Enough of the past to see what is continued: six horizons, and 96 values at least. */
export const defaultShown = ({ history, forecast }: ForecastView): number =>
  Math.min(history.length, Math.max(96, 6 * forecast.median.length));

/** The intervals of a forecast; where none were asked for, the widest of its quantiles and a narrower one. */
export function bandsOf({ intervals, quantiles }: Forecast): Band[] {
  if (intervals && Object.keys(intervals).length > 0) {
    const bands = Object.entries(intervals).map(([level, { low, high }]) => ({ level: Number(level), low, high }));
    return bands.sort((a, b) => b.level - a.level);
  }
  const pairs = Object.keys(quantiles)
    .filter((key) => Number(key) < 0.5)
    .map((key) => ({ low: key, high: Object.keys(quantiles).find((one) => closeTo(Number(one), 1 - Number(key))) }))
    .filter((pair): pair is { low: string; high: string } => pair.high !== undefined)
    .map(({ low, high }) => ({
      level: Math.round(1000 * (1 - 2 * Number(low))) / 10,
      low: quantiles[low],
      high: quantiles[high],
    }))
    .sort((a, b) => b.level - a.level);
  const [widest] = pairs;
  const half = pairs.find(({ level }) => widest && level <= 0.5 * widest.level);
  return [widest, half].filter((band) => band !== undefined);
}

const closeTo = (a: number, b: number) => Math.abs(a - b) < 1e-9;

function labeller(view: ForecastView, future: readonly number[]): (x: number) => string {
  if (!view.times && !view.futureTimes) return (x) => String(x);
  return view.timeLabel ?? timeNamer([...(view.times ?? []), ...future]);
}

/** Digits by the spread of the values: about four that matter, no more than a float has. */
export function numberFormat(groups: readonly (readonly number[])[]): (value: number) => string {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of groups.flat()) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  const spread = high > low ? high - low : size;
  const plain = size < 1e15 && (spread >= 1e-6 || size === 0);
  const digits = Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(spread || 1))));
  return (value) => {
    if (Number.isNaN(value)) return '';
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
    const text = plain ? value.toFixed(digits) : value.toPrecision(5);
    return text.replace(/^-(0(\.0*)?)$/, '$1').replace('-', '−');
  };
}

function check(view: ForecastView): { horizon: number; isTime: boolean } {
  const { name, history, times, futureTimes, forecast } = view;
  const horizon = forecast.median.length;
  const fail = (what: string) => {
    throw new Error(`report: series ${JSON.stringify(name)} ${what}`);
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
