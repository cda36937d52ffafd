/** A view made ready to draw: checked, cut to the past that is shown, intervals found, numbers and times named. */
import type { Forecast } from '../types.ts';
import { timeNamer } from './timeLabels.ts';
import { checkView, type ForecastView } from './view.ts';

/** A central interval, from its level in per cent. */
export interface Band {
  level: number;
  low: readonly number[];
  high: readonly number[];
}

/** x and y of the past that is shown and of the future. */
export interface Curves {
  isTime: boolean;
  /** The least distance of two places on the x axis. */
  spacing: number;
  past: { x: number[]; y: number[] };
  future: { x: number[]; median: readonly number[]; mean: readonly number[] };
  /** The widest first. */
  bands: Band[];
  actual?: readonly number[];
  /** Name of a place on the x axis. */
  label(x: number): string;
  /** A forecast with as many digits as matter in this series. */
  number(value: number): string;
  /** A value of the past: whole numbers stay so. */
  value(value: number): string;
}

/** Checks the view; `shown` is how many values of the past are kept, the last ones. */
export function curvesOf(view: ForecastView, shown = defaultShown(view)): Curves {
  const { horizon, isTime } = checkView(view);
  const { history, forecast, times } = view;
  const from = Math.max(0, history.length - shown);
  const past = { x: [] as number[], y: [] as number[] };
  for (let i = from; i < history.length; i++) {
    past.x.push(times ? times[i] : i + 1);
    past.y.push(history[i]);
  }
  const x = Array.from({ length: horizon }, (_, i) => view.futureTimes?.[i] ?? history.length + i + 1);
  const bands = bandsOf(forecast);
  const number = numberFormat([past.y, ...bands.flatMap(({ low, high }) => [low, high]), forecast.median]);
  return {
    isTime,
    spacing: spacingOf([...past.x, ...x]),
    past,
    future: { x, median: forecast.median, mean: forecast.mean },
    bands,
    actual: view.actual && Array.from(view.actual),
    label: labeller(view, x),
    number,
    value: wholes(past.y) ? numberFormat([past.y]) : number,
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

function spacingOf(x: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < x.length; i++) if (x[i] > x[i - 1]) least = Math.min(least, x[i] - x[i - 1]);
  return Number.isFinite(least) ? least : 0;
}

const closeTo = (a: number, b: number) => Math.abs(a - b) < 1e-9;

function labeller(view: ForecastView, future: readonly number[]): (x: number) => string {
  if (!view.times && !view.futureTimes) return view.timeLabel ?? String;
  return view.timeLabel ?? timeNamer([...(view.times ?? []), ...future]);
}

const wholes = (row: readonly number[]) => row.every((value) => Number.isInteger(value) || !Number.isFinite(value));

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
  const digits = groups.every(wholes) ? 0 : Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(spread || 1))));
  return (value) => {
    if (Number.isNaN(value)) return '';
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
    const text = plain ? value.toFixed(digits) : value.toPrecision(5);
    return text.replace(/^-(0(\.0*)?)$/, '$1').replace('-', '−');
  };
}

/** The fan starts from the last value known, so that a single step ahead is seen, too. */
export function joinedToPast(
  past: Curves['past'],
  future: Curves['future'],
  bands: Curves['bands'],
): { x: number[]; median: readonly number[]; bands: Curves['bands'] } {
  const [x, y] = [past.x.at(-1), past.y.at(-1)];
  if (x === undefined || y === undefined || !Number.isFinite(y)) return { x: future.x, median: future.median, bands };
  return {
    x: [x, ...future.x],
    median: [y, ...future.median],
    bands: bands.map(({ level, low, high }) => ({ level, low: [y, ...low], high: [y, ...high] })),
  };
}

/** Where values are missing: from half a step before the first to half a step after the last. */
export function gapsOf({ x, y }: Curves['past']): [number, number][] {
  const gaps: [number, number][] = [];
  for (let i = 0; i < x.length; i++) {
    if (Number.isFinite(y[i])) continue;
    const first = i;
    while (i + 1 < x.length && !Number.isFinite(y[i + 1])) i++;
    const before = first > 0 ? (x[first] + x[first - 1]) / 2 : x[first];
    gaps.push([before, i + 1 < x.length ? (x[i] + x[i + 1]) / 2 : x[i]]);
  }
  return gaps;
}
