/** Where a value stands on an axis, and which ticks people read: 1, 2 or 5 times a power of ten. */
export interface Axis {
  label: string;
  unit?: string;
  log?: boolean;
  /** The ends; by default those of the data, with a little room on a y axis. */
  range?: readonly [number, number];
}

export interface Scale {
  /** NaN for what a logarithmic axis cannot show. */
  map(value: number): number;
  ticks: { at: number; text: string }[];
}

const round = (value: number) => Math.round(10 * value) / 10;

/** `from` and `to` are the pixels of the axis' ends. */
export function scaleOf(axis: Axis, values: readonly number[], from: number, to: number): Scale {
  const shown = values.filter((value) => Number.isFinite(value) && (!axis.log || value > 0));
  let [low, high] = axis.range ?? extent(shown);
  if (axis.log) [low, high] = [Math.log10(low), Math.log10(high)];
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  // Vertical axes (from below to above) and logarithmic ones get room, so that curves do not lie on the frame.
  if (!axis.range && (from > to || axis.log)) [low, high] = [low - 0.04 * (high - low), high + 0.04 * (high - low)];
  const place = (value: number) => from + ((value - low) / (high - low)) * (to - from);
  const marks = axis.log ? decades(low, high) : steps(low, high, Math.abs(to - from) / (from > to ? 40 : 75));
  return {
    map: (value) => place(axis.log ? (value > 0 ? Math.log10(value) : Number.NaN) : value),
    ticks: marks.map(({ value, text }) => ({ at: round(place(value)), text })),
  };
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** About `wanted` round numbers between the ends. */
function steps(low: number, high: number, wanted: number) {
  const rough = (high - low) / Math.max(3, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= 0.8 * rough) as number) * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const marks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    marks.push({
      value: k * step,
      text: (k * step)
        .toFixed(digits)
        .replace(/^-(0(\.0*)?)$/, '$1')
        .replace('-', '−'),
    });
  }
  return marks;
}

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
