/** The curves of a view: checked, cut to the past that is shown, with its intervals and the formats of its numbers. */
import type { Forecast } from '../types.ts';
import { timeNamer } from './timeLabels.ts';
import { checkView, type ForecastView } from './view.ts';

/** A central interval, from its level in per cent. */
export interface Band {
  level: number;
  low: readonly number[];
  high: readonly number[];
}

/** What is drawn of a view. x is a time or a step. */
export interface Curves {
  isTime: boolean;
  /** The smallest distance between two x. */
  spacing: number;
  past: { x: number[]; y: number[] };
  future: { x: number[]; median: readonly number[]; mean: readonly number[] };
  /** Widest first. */
  bands: Band[];
  actual?: readonly number[];
  /** The text of an x. */
  label(x: number): string;
  /** Formats a forecast, with as many digits as matter in this series. */
  number(value: number): string;
  /** Formats a value of the past: whole numbers have no decimals. */
  value(value: number): string;
}

/** Checks the view. `shown`: the number of last values of the past that are kept. */
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

/** Six horizons, at least 96 values: enough of the past to judge the forecast. */
export const defaultShown = ({ history, forecast }: ForecastView): number =>
  Math.min(history.length, Math.max(96, 6 * forecast.median.length));

/** The intervals of a forecast. Without `levels`: the widest between two of its quantiles, and one half as wide. */
export function bandsOf({ intervals, quantiles }: Forecast): Band[] {
  if (intervals && Object.keys(intervals).length > 0) {
    const bands = Object.entries(intervals).map(([level, { low, high }]) => ({ level: Number(level), low, high }));
    return bands.sort((a, b) => b.level - a.level);
  }
  const pairs = Object.keys(quantiles)
    .filter((key) => Number(key) < 0.5)
    .map((key) => ({ low: key, high: Object.keys(quantiles).find((other) => closeTo(Number(other), 1 - Number(key))) }))
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

/**
 * A format for the numbers of these groups, with about four significant digits of their spread:
 * 1234, 12.35, 1.2346e+20.
 */
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

/** The forecast from the last value on, so that a horizon of one step is a line, too. */
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

/** The intervals of x in which values are missing, each with half a step on either side. */
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
