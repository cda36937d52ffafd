/**
 * A chart of a forecast for the terminal: lines of braille dots, shaded intervals, an axis of times or steps.
 *
 *   console.log(chart(view, terminalLook(process.stdout, process.env)));
 *
 * asciichart and similar libraries draw lines only, without intervals, x axis or gaps.
 */
import { type Scale, scaleOf } from '../chart/scale.ts';
import { columnsOf, shortened } from '../chart/svgText.ts';
import { Canvas, type Cell, painted, styled } from './braille.ts';
import { type Curves, curvesOf, gapsOf, joinedToPast } from './curves.ts';
import type { ForecastView } from './view.ts';

/** The size and the characters of a chart. */
export interface TerminalLook {
  /** Columns. Default: 80. */
  width: number;
  /** Rows of the plot, without title, axis and legend. Default: 14. */
  height: number;
  /** Whether colours are used. Default: false. */
  color: boolean;
  /** Braille dots and shades; otherwise ASCII. Default: true. */
  unicode: boolean;
}

/** Options of chart(). */
export interface ChartOptions extends Partial<TerminalLook> {
  /** Values of the past. Default: four horizons, at least 48. */
  history?: number;
}

/** Pixels of a cell, so that axes have as many ticks as in SVG. */
const CELL = { width: 8, height: 16 };
const MIN_WIDTH = 30;
const STYLE = { title: '1', axis: '2', history: '', forecast: '1;38;5;33', band: '38;5;67', actual: '38;5;208' };

const UNICODE = {
  line: '⠒⠒',
  bands: ['░', '▒', '▓'],
  missing: '×',
  border: '┊',
  axis: { up: '│', upTick: '┤', corner: '└', along: '─', alongTick: '┬' },
};
const ASCII = {
  line: '',
  bands: ['.', ':', '='],
  missing: '?',
  border: '|',
  axis: { up: '|', upTick: '+', corner: '+', along: '-', alongTick: '+' },
};
const LETTERS = { history: '*', forecast: 'o', actual: 'x' };

/**
 * The look for a stream: its width; colour on a terminal, unless NO_COLOR is set; ASCII where TERM or the locale has
 * no Unicode.
 */
export function terminalLook(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>> = {},
): Pick<TerminalLook, 'width' | 'color' | 'unicode'> {
  const plain = env.TERM === 'dumb';
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  // Without a locale, Unicode is assumed, as most terminals have it.
  const unicode =
    !plain && env.TERM !== 'linux' && (locale === '' || /utf-?8/i.test(locale) || !/^(C|POSIX)$|\./.test(locale));
  return { width: stream.columns || 80, color: stream.isTTY === true && !plain && !env.NO_COLOR, unicode };
}

/** The chart as lines of text. */
export function chart(view: ForecastView, options: ChartOptions = {}): string {
  const { width = 80, height = 14, color = false, unicode = true } = options;
  const curves = curvesOf(view, options.history ?? shownInTerminal(view));
  const signs = unicode ? UNICODE : ASCII;
  const rows = Math.max(3, Math.floor(height));
  const { past, future, bands, actual = [] } = curves;
  const joined = joinedToPast(past, future, bands);

  const values = [past.y, joined.median, actual, ...bands.flatMap(({ low, high }) => [low, high])];
  const ys = scaleOf({ label: '' }, values.flat(), rows * CELL.height, 0);
  const words = (text: string) => (unicode ? text : text.replaceAll('−', '-'));
  const yTicks = ys.ticks.map(({ at, text }) => ({ row: cellAt(at, CELL.height, rows), text: words(text) }));
  const margin = Math.max(4, ...yTicks.map(({ text }) => text.length)) + 1;
  const columns = Math.max(MIN_WIDTH, Math.floor(width)) - margin - 1;
  const xs = scaleOf(
    { label: '', time: curves.isTime, spacing: curves.spacing },
    [...past.x, ...future.x],
    0,
    columns * CELL.width,
  );

  const canvas = new Canvas(columns, rows, unicode);
  const toCells = (scale: Scale, size: number, row: readonly number[]) => row.map((value) => scale.map(value) / size);
  const x = (row: readonly number[]) => toCells(xs, CELL.width, row);
  const y = (row: readonly number[]) => toCells(ys, CELL.height, row);
  joined.bands.forEach(({ low, high }, i) => {
    shade(canvas, x(joined.x), y(low), y(high), signs.bands[Math.min(i, signs.bands.length - 1)]);
  });
  if (past.x.length > 0) upright(canvas, x(past.x.slice(-1))[0], signs.border);
  canvas.line(x(past.x), y(past.y), LETTERS.history, STYLE.history);
  canvas.line(x(future.x.slice(0, actual.length)), y(actual), LETTERS.actual, STYLE.actual);
  canvas.line(x(joined.x), y(joined.median), LETTERS.forecast, STYLE.forecast);

  const ticks = xs.ticks.map(({ at, text, context = '' }) => ({
    column: cellAt(at, CELL.width, columns),
    text: words(text),
    context: words(context),
  }));
  const gaps = gapsOf(past);
  const axis = styled(signs.axis.corner + signs.axis.along.repeat(columns), STYLE.axis);
  for (const { column } of ticks) axis[column + 1].text = signs.axis.alongTick;
  for (const [from, to] of gaps) {
    const [first, last] = x([from, to]).map((at) => Math.min(columns - 1, Math.floor(at)));
    for (let column = first; column <= last; column++) axis[column + 1] = { text: signs.missing, style: STYLE.actual };
  }

  const indent = ' '.repeat(margin);
  const paint = (cells: readonly Cell[]) => painted(cells, color);
  const lines = canvas.cells.map((cells, row) => {
    const tick = yTicks.find((candidate) => candidate.row === row);
    const up = tick ? signs.axis.upTick : signs.axis.up;
    return paint([...styled(`${(tick?.text ?? '').padStart(margin - 1)} ${up}`, STYLE.axis), ...cells]);
  });
  const below = (row: readonly { column: number; text: string }[]) =>
    paint(styled(`${indent} ${labels(row, columns)}`, STYLE.axis));
  const contexts = ticks.map(({ column, context }) => ({ column, text: context }));
  return [
    paint(styled(heading(view, margin + 1 + columns), STYLE.title)),
    ...lines,
    paint([...styled(indent, ''), ...axis]),
    below(ticks),
    ...(contexts.some(({ text }) => text !== '') ? [below(contexts)] : []),
    ...legend(curves, gaps.length > 0, signs, indent, columns).map(paint),
  ].join('\n');
}

/** Less than in SVG, because a terminal has few columns. */
const shownInTerminal = ({ forecast }: ForecastView) => Math.max(48, 4 * forecast.median.length);

const cellAt = (pixels: number, size: number, cells: number) =>
  Math.min(cells - 1, Math.max(0, Math.floor(pixels / size)));

/** Control characters in a name would control the terminal. */
const printable = (text: string) => text.replace(/\p{Cc}+/gu, ' ').trim();

function heading({ name, unit }: ForecastView, width: number): string {
  return shortened(printable(unit ? `${name} (${unit})` : name), width, '...');
}

/** Fills the cells whose middle is between two lines. */
function shade(canvas: Canvas, x: readonly number[], low: readonly number[], high: readonly number[], sign: string) {
  for (let column = 0; column < canvas.columns; column++) {
    const [top, bottom] = [reach(x, high, column, Math.min), reach(x, low, column, Math.max)];
    for (let row = 0; row < canvas.rows; row++) {
      if (row + 0.5 >= top && row + 0.5 <= bottom) canvas.put(column, row, sign, STYLE.band);
    }
  }
}

/** The extreme of a line in a column, at its points and at the middle; NaN where there is no line. */
function reach(x: readonly number[], y: readonly number[], column: number, further: (a: number, b: number) => number) {
  const middle = column + 0.5;
  let found = Number.NaN;
  const take = (value: number) => {
    if (Number.isFinite(value)) found = Number.isNaN(found) ? value : further(found, value);
  };
  for (let i = 0; i < x.length; i++) {
    if (Math.floor(x[i]) === column || (i === x.length - 1 && Math.ceil(x[i]) - 1 === column)) take(y[i]);
    if (i > 0 && x[i - 1] <= middle && x[i] >= middle && x[i] > x[i - 1]) {
      take(y[i - 1] + ((middle - x[i - 1]) / (x[i] - x[i - 1])) * (y[i] - y[i - 1]));
    }
  }
  return found;
}

function upright(canvas: Canvas, x: number, sign: string) {
  const column = Math.min(canvas.columns - 1, Math.floor(x));
  for (let row = 0; row < canvas.rows; row++) {
    if (canvas.isFree(column, row)) canvas.put(column, row, sign, STYLE.axis);
  }
}

/** Texts centred under their columns; one that would touch its neighbour is left out. */
function labels(ticks: readonly { column: number; text: string }[], columns: number): string {
  let line = '';
  for (const { column, text } of ticks) {
    const at = Math.min(Math.max(0, column - Math.floor(text.length / 2)), columns - text.length);
    if (text === '' || at < 0 || (line !== '' && at < line.length + 1)) continue;
    line = line.padEnd(at) + text;
  }
  return line;
}

/** The legend, in as many lines as are needed. */
function legend(
  { bands, actual, past }: Curves,
  withGaps: boolean,
  signs: typeof UNICODE,
  indent: string,
  columns: number,
): Cell[][] {
  const line = (letter: string) => signs.line || letter;
  const entries: [string, string, string][] = [
    [line(LETTERS.history), STYLE.history, 'history'],
    [line(LETTERS.forecast), STYLE.forecast, 'median'],
    ...bands
      .map(({ level }, i): [string, string, string] => [
        signs.bands[Math.min(i, signs.bands.length - 1)],
        STYLE.band,
        `${level} %`,
      ])
      .reverse(),
  ];
  if (actual) entries.push([line(LETTERS.actual), STYLE.actual, 'actual']);
  if (withGaps) entries.push([signs.missing, STYLE.actual, 'missing']);
  if (past.x.length > 0) entries.push([signs.border, STYLE.axis, 'last value']);
  const lines: Cell[][] = [];
  let used = 0;
  for (const [sign, style, text] of entries) {
    const needed = columnsOf(sign) + 1 + text.length + 3;
    if (lines.length === 0 || used + needed - 3 > columns) {
      lines.push(styled(`${indent} `, ''));
      used = 0;
    }
    lines[lines.length - 1].push(...styled(sign, style), ...styled(` ${text}   `, ''));
    used += needed;
  }
  return lines;
}
