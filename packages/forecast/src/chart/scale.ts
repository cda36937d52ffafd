/** Where a value stands on an axis, and which ticks people read: 1, 2 or 5 times a power of ten, or the calendar's. */
import { DAY } from '@mamba-ts/core/math';
import { calendar } from './timeTicks.ts';

export interface Axis {
  label: string;
  unit?: string;
  log?: boolean;
  /** Values are milliseconds since 1970, shown in UTC. */
  time?: boolean;
  /** Ticks are no closer than this: the spacing of the data, where nothing is between them. */
  spacing?: number;
  /** Names at 0, 1, 2 … in place of numbers; on a y axis the first is on top. */
  names?: readonly string[];
  /** The ends; by default those of the data, with a little room on a y axis. */
  range?: readonly [number, number];
}

export interface Tick {
  at: number;
  text: string;
  /** Under the text, where it changes: the year of a month. */
  context?: string;
}

export interface Scale {
  /** NaN for what is not finite, or what a logarithmic axis cannot show. */
  map(value: number): number;
  ticks: Tick[];
  /** The values at the ends. */
  range: readonly [number, number];
}

/** Half of the largest float, so that a range between two of these is finite. */
const HUGE = 8e307;
const round = (value: number) => Math.round(10 * value) / 10;

/** `from` and `to` are the pixels of the axis' ends. */
export function scaleOf(axis: Axis, values: readonly number[], from: number, to: number): Scale {
  if (axis.names) return named(axis.names, Math.min(from, to), Math.max(from, to));
  const shown = values.filter((value) => Number.isFinite(value) && (!axis.log || value > 0));
  let [low, high] = axis.range ?? extent(shown);
  if (axis.log) [low, high] = [Math.log10(low), Math.log10(high)];
  [low, high] = apart(low, high, axis);
  // Vertical axes (from below to above) and logarithmic ones get room, so that curves do not lie on the frame.
  if (!axis.range && (from > to || axis.log)) [low, high] = [low - 0.04 * (high - low), high + 0.04 * (high - low)];
  const place = (value: number) => from + ((value - low) / (high - low)) * (to - from);
  // Without a given range all values are inside, save for the last bits and what no range can hold.
  const inside = (value: number) => {
    if (!Number.isFinite(value)) return Number.NaN;
    return axis.range ? value : Math.min(high, Math.max(low, value));
  };
  const wanted = Math.abs(to - from) / (from > to ? 40 : 75);
  const marks = axis.log ? decades(low, high) : (axis.time ? calendar : steps)(low, high, wanted, axis.spacing);
  return {
    map: (value) => place(inside(axis.log ? (value > 0 ? Math.log10(value) : Number.NaN) : value)),
    ticks: marks.map(({ value, ...text }) => ({ at: round(place(value)), ...text })),
    range: [low, high],
  };
}

/** Each name in the middle of an equal part. */
function named(names: readonly string[], from: number, to: number): Scale {
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

/** Ends that floats can tell apart, whatever is between them: around equal values, a tenth of their size. */
function apart(low: number, high: number, { log, time }: Axis): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const least = log || time ? 0 : Math.max(1e-300, 1e-12 * size);
  if (high - low > least) return [low, high];
  const room = log ? 1 : time ? DAY / 2 : size > 1e-290 ? 0.1 * size : 1;
  return [Math.max(low - room, -2 * HUGE), Math.min(high + room, 2 * HUGE)];
}

/** About `wanted` round numbers between the ends. */
function steps(low: number, high: number, wanted: number, spacing = 0) {
  const rough = Math.max(spacing, (high - low) / Math.max(3, wanted));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= 0.8 * rough) as number) * power;
  const text = numberText(step, Math.max(Math.abs(low), Math.abs(high)));
  const marks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    marks.push({ value: k * step, text: text(k * step) });
  }
  return marks;
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
  const exponent = isHuge || (unit === 1 && digits(1) > 6);
  const precise = Math.min(16, Math.max(1, Math.floor(Math.log10(largest)) - Math.floor(Math.log10(step) + 1e-9) + 1));
  return (value) => {
    const plain = exponent ? trimmed(value.toExponential(precise - 1)) : (value / unit).toFixed(digits(unit));
    return (plain.replace(/^-(0(\.0*)?)$/, '$1') + (Number(plain) === 0 ? '' : name)).replaceAll('-', '−');
  };
}

/** 1.50e+20: 1.5e20 */
const trimmed = (exponential: string) => (Number(exponential) === 0 ? '0' : exponential.replace(/\.?0*e\+?/, 'e'));

const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Powers of ten, at most about six; where fewer than two fit, also 2 and 5 times them. */
function decades(low: number, high: number) {
  const [first, last] = [Math.ceil(low - 1e-9), Math.floor(high + 1e-9)];
  if (last - first < 1) {
    return [first - 1, first]
      .flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power))
      .filter((value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9)
      .map((value) => ({ value: Math.log10(value), text: String(Number(value.toPrecision(1))) }));
  }
  const every = Math.ceil((last - first + 1) / 6);
  const marks = [];
  for (let power = first; power <= last; power += every) {
    const digits = String(Math.abs(power)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)]);
    marks.push({ value: power, text: power === 0 ? '1' : power === 1 ? '10' : `10${power < 0 ? '⁻' : ''}${digits}` });
  }
  return marks;
}
