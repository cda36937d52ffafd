/** How a series is drawn between its axes: lines, points and bands, with gaps where a value is not finite. */
import { PALETTE } from './palette.ts';

/** The points of a curve or a band, and how they are drawn. */
export interface Series {
  /** The name in the legend. A series without a name is not in the legend. */
  name?: string;
  x: readonly number[];
  y: readonly number[];
  /** The lower edge of a band; y is the upper one. */
  low?: readonly number[];
  /** Horizontal whiskers of points: [from, to] of each. */
  whiskers?: readonly (readonly [number, number])[];
  /** Default: 'line'. */
  style?: 'line' | 'dashed' | 'points' | 'both' | 'band';
  /** Index into the palette. Default: the index of the series. */
  color?: number;
  /** Pixels of a line. Default: 1.8. */
  width?: number;
  /** Opacity of a band or of points. Default: 0.2 for bands, 1 for points. */
  opacity?: number;
}

/** A line of more points is drawn by its extremes in each pixel. */
const MAX_POINTS = 2000;

/** Pixels, rounded to a tenth. */
export const round = (value: number): number => Math.round(10 * value) / 10;

/** Draws a series as SVG elements. `x`, `y`, `low` and `whiskers` are pixels. */
export function mark(
  series: Series,
  index: number,
  x: readonly number[],
  y: readonly number[],
  low: readonly number[] = [],
  whiskers: readonly (readonly [number, number])[] = [],
): string {
  const color = PALETTE[(series.color ?? index) % PALETTE.length];
  const { style = 'line', width = 1.8, opacity = 0.2 } = series;
  if (style === 'band') {
    const d = area(x, y, low);
    return `<path d="${d}" fill="${color}" fill-opacity="${opacity}" stroke="${color}" stroke-opacity="${opacity}"/>`;
  }
  const parts = whiskers
    .map(([from, to], i) => [round(from), round(to), round(y[i])])
    .filter((ends) => ends.every(Number.isFinite))
    .map(
      ([from, to, at]) => `<path d="M${from} ${at - 4}v8M${from} ${at}H${to}M${to} ${at - 4}v8" stroke="${color}"/>`,
    );
  if (style !== 'points') {
    const dash = style === 'dashed' ? ' stroke-dasharray="6 4"' : ' stroke-linecap="round"';
    const d = path(...thinned(x, y));
    parts.push(`<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"${dash}/>`);
  }
  if (style === 'points' || style === 'both') {
    const radius = style === 'both' || whiskers.length > 0 ? 3.2 : 2.4;
    const faint = series.opacity === undefined ? '' : ` fill-opacity="${opacity}"`;
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
      parts.push(`<circle cx="${round(x[i])}" cy="${round(y[i])}" r="${radius}" fill="${color}"${faint}/>`);
    }
  }
  return parts.join('');
}

/** Ranges [begin, end) of indices at which all rows are finite. */
function runs(rows: readonly (readonly number[])[]): [number, number][] {
  const found: [number, number][] = [];
  let begin = -1;
  for (let i = 0; i <= rows[0].length; i++) {
    const finite = i < rows[0].length && rows.every((row) => Number.isFinite(row[i]));
    if (finite && begin < 0) begin = i;
    if (finite || begin < 0) continue;
    found.push([begin, i]);
    begin = -1;
  }
  return found;
}

function path(x: readonly number[], y: readonly number[]): string {
  return runs([x, y])
    .map(([begin, end]) => {
      // A point without neighbours is a line of length 0, whose round ends make a dot.
      if (end - begin === 1) return `M${round(x[begin])} ${round(y[begin])}h0`;
      return `M${points(x, y, begin, end).join('L')}`;
    })
    .join('');
}

function area(x: readonly number[], high: readonly number[], low: readonly number[]): string {
  return runs([x, high, low])
    .map(([begin, end]) => {
      const back = points(x, low, begin, end).reverse();
      return `M${[...points(x, high, begin, end), ...back].join('L')}Z`;
    })
    .join('');
}

function points(x: readonly number[], y: readonly number[], begin: number, end: number): string[] {
  return Array.from({ length: end - begin }, (_, i) => `${round(x[begin + i])} ${round(y[begin + i])}`);
}

/** Of a long line from left to right: in each pixel its first, lowest, highest and last point, in order. */
function thinned(x: readonly number[], y: readonly number[]): [readonly number[], readonly number[]] {
  if (x.length <= MAX_POINTS || x.some((value, i) => i > 0 && !(value >= x[i - 1]))) return [x, y];
  const chosen: number[] = [];
  for (let begin = 0, end = 0; begin < x.length; begin = end) {
    const column = Math.floor(x[begin]);
    const finite = Number.isFinite(y[begin]);
    while (end < x.length && Math.floor(x[end]) === column && Number.isFinite(y[end]) === finite) end++;
    let [low, high] = [begin, begin];
    for (let i = begin; i < end; i++) {
      if (y[i] < y[low]) low = i;
      if (y[i] > y[high]) high = i;
    }
    chosen.push(...new Set([begin, low, high, end - 1].sort((a, b) => a - b)));
  }
  return [chosen.map((i) => x[i]), chosen.map((i) => y[i])];
}
