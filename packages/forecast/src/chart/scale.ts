/** Where a value is on an axis, and its ticks: 1, 2 or 5 times a power of ten, powers of ten, or the calendar's. */
import { tickStep, ticks } from 'd3-array';
import { timeTicks } from './timeTicks.ts';

/** An axis of a panel. */
export interface Axis {
  label: string;
  unit?: string;
  /** Logarithmic; values that are not positive are not shown. */
  log?: boolean;
  /** Values are milliseconds since 1970, shown in UTC. */
  time?: boolean;
  /** The spacing of the data: ticks are not closer. */
  spacing?: number;
  /** Names at 0, 1, 2 … in place of numbers. On a y axis the first is at the top. */
  names?: readonly string[];
  /** The ends. Default: those of the data, with a margin on a y axis. */
  range?: readonly [number, number];
}

/** A tick of an axis. */
export interface Tick {
  /** Pixels. */
  at: number;
  text: string;
  /** A second line, given where it changes: the year of a month. */
  context?: string;
}

/** An axis in pixels. */
export interface Scale {
  /** From a value to pixels. NaN for a value that is not finite, or not positive on a logarithmic axis. */
  map(value: number): number;
  ticks: Tick[];
  /** The values at the ends, or their decimal logarithms. */
  range: readonly [number, number];
}

/** Half of the largest float: the difference of two such values is finite. */
const HUGE = 8e307;
const DAY = 86_400_000;
/** Pixels between two ticks, about. */
const TICK = { height: 50, width: 90 };
const round = (value: number) => Math.round(10 * value) / 10;

/** The scale of an axis that shows `values`. `from` and `to`: the pixels of its ends; y axes go up, so from > to. */
export function scaleOf(axis: Axis, values: readonly number[], from: number, to: number): Scale {
  if (axis.names) return nameScale(axis.names, Math.min(from, to), Math.max(from, to));
  const isVertical = from > to;
  const shown = values.filter((value) => Number.isFinite(value) && (!axis.log || value > 0));
  let [low, high] = axis.range ?? extent(shown);
  if (axis.log) [low, high] = [Math.log10(low), Math.log10(high)];
  [low, high] = distinct(low, high, axis);
  // A margin, so that curves do not coincide with the frame.
  if (!axis.range && (isVertical || axis.log)) [low, high] = [low - 0.04 * (high - low), high + 0.04 * (high - low)];
  const place = (value: number) => from + ((value - low) / (high - low)) * (to - from);
  // Without a given range all values are inside, apart from rounding and values beyond HUGE.
  const inside = (value: number) => {
    if (!Number.isFinite(value)) return Number.NaN;
    return axis.range ? value : Math.min(high, Math.max(low, value));
  };
  const wanted = Math.abs(to - from) / (isVertical ? TICK.height : TICK.width);
  const ticksOf = axis.log ? logTicks : axis.time ? timeTicks : numberTicks;
  return {
    map: (value) => place(inside(axis.log ? (value > 0 ? Math.log10(value) : Number.NaN) : value)),
    ticks: ticksOf(low, high, wanted, axis.spacing).map(({ value, ...text }) => ({ at: round(place(value)), ...text })),
    range: [low, high],
  };
}

/** Each name is in the middle of an equal part. */
function nameScale(names: readonly string[], from: number, to: number): Scale {
  const map = (value: number) => from + ((value + 0.5) / names.length) * (to - from);
  return { map, ticks: names.map((text, i) => ({ at: round(map(i)), text })), range: [-0.5, names.length - 0.5] };
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [Math.max(low, -HUGE), Math.min(high, HUGE)] : [0, 1];
}

/** Ends that floats can distinguish, with values between: around equal values, a tenth of their size. */
function distinct(low: number, high: number, { log, time }: Axis): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const least = log || time ? 0 : Math.max(1e-300, 1e-12 * size);
  if (high - low > least) return [low, high];
  const margin = log ? 1 : time ? DAY / 2 : size > 1e-290 ? 0.1 * size : 1;
  return [Math.max(low - margin, -2 * HUGE), Math.min(high + margin, 2 * HUGE)];
}

/** About `wanted` round numbers from low to high. */
function numberTicks(low: number, high: number, wanted: number, spacing = 0) {
  const most = spacing > 0 ? (high - low) / spacing : Infinity;
  let count = Math.min(Math.max(2.5, wanted), most);
  // A range that begins just above a round number can have a single tick.
  if (ticks(low, high, count).length < 2) count = Math.min(2 * count, most);
  const text = numberText(tickStep(low, high, count), Math.max(Math.abs(low), Math.abs(high)));
  return ticks(low, high, count).map((value) => ({ value, text: text(value) }));
}

const UNITS = [
  [1e12, ' T'],
  [1e9, ' bn'],
  [1e6, ' M'],
] as const;

/** How the ticks of an axis are written: 1500, 1.5 M, 2e−9. */
function numberText(step: number, largest: number): (value: number) => string {
  const digits = (unit: number) => Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  const isHuge = largest >= 1e15;
  const [unit, name] = UNITS.find(([size]) => !isHuge && largest >= size && digits(size) <= 3) ?? [1, ''];
  const isExponential = isHuge || (unit === 1 && digits(1) > 6);
  const precise = Math.min(16, Math.max(1, Math.floor(Math.log10(largest)) - Math.floor(Math.log10(step) + 1e-9) + 1));
  return (value) => {
    const plain = isExponential ? trimmed(value.toExponential(precise - 1)) : (value / unit).toFixed(digits(unit));
    return (plain.replace(/^-(0(\.0*)?)$/, '$1') + (Number(plain) === 0 ? '' : name)).replaceAll('-', '−');
  };
}

/** 1.50e+20 as 1.5e20. */
const trimmed = (exponential: string) => (Number(exponential) === 0 ? '0' : exponential.replace(/\.?0*e\+?/, 'e'));

const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** About `wanted` powers of ten; where there are fewer than two, also 2 and 5 times them. Values: logarithms. */
function logTicks(low: number, high: number, wanted: number) {
  const [first, last] = [Math.ceil(low - 1e-9), Math.floor(high + 1e-9)];
  if (last - first < 1) {
    return [first - 1, first]
      .flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power))
      .filter((value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9)
      .map((value) => ({ value: Math.log10(value), text: String(Number(value.toPrecision(1))) }));
  }
  return ticks(first, last, Math.min(Math.max(3, wanted), last - first)).map((value) => ({
    value,
    text: powerText(value),
  }));
}

/** 1, 10, 10², 10⁻³. */
function powerText(power: number): string {
  if (power === 0) return '1';
  if (power === 1) return '10';
  const digits = String(Math.abs(power)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)]);
  return `10${power < 0 ? '⁻' : ''}${digits}`;
}
