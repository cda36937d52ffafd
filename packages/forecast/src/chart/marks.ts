/** How a series is drawn between its axes: lines, points and bands, with gaps where a value is not finite. */
import { PALETTE } from './palette.ts';

export interface Series {
  /** In the legend; without a name it is not there. */
  name?: string;
  x: readonly number[];
  y: readonly number[];
  /** The lower edge of a band; its upper is y. */
  low?: readonly number[];
  /** Whiskers of points: from where to where, along x. */
  whiskers?: readonly (readonly [number, number])[];
  /** line by default */
  style?: 'line' | 'dashed' | 'points' | 'both' | 'band';
  /** Index into the palette; by default the series' own place. */
  color?: number;
  width?: number;
  /** Of a band, 0.2 by default; or of points. */
  opacity?: number;
}

/** From this many points on, a line is drawn by what it reaches in each pixel. */
const MANY = 2000;

export const round = (value: number): number => Math.round(10 * value) / 10;

/** `x`, `y`, `low` and `whiskers` in pixels. */
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

/** Stretches of places where all of the rows are finite: [begin, end). */
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
      // A lone point has no line to its neighbours: one of no length, whose round ends are a dot.
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

/** A long line that goes from left to right: in each pixel its first, lowest, highest and last point, in order. */
function thinned(x: readonly number[], y: readonly number[]): [readonly number[], readonly number[]] {
  if (x.length <= MANY || x.some((value, i) => i > 0 && !(value >= x[i - 1]))) return [x, y];
  const kept: number[] = [];
  for (let begin = 0, end = 0; begin < x.length; begin = end) {
    const column = Math.floor(x[begin]);
    const finite = Number.isFinite(y[begin]);
    while (end < x.length && Math.floor(x[end]) === column && Number.isFinite(y[end]) === finite) end++;
    let [low, high] = [begin, begin];
    for (let i = begin; i < end; i++) {
      if (y[i] < y[low]) low = i;
      if (y[i] > y[high]) high = i;
    }
    kept.push(...new Set([begin, low, high, end - 1].sort((a, b) => a - b)));
  }
  return [kept.map((i) => x[i]), kept.map((i) => y[i])];
}
