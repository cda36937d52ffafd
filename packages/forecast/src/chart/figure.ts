/**
 * Figures as SVG text: panels with axes, units and a legend. The SVG is self-contained: it loads no fonts, scripts or
 * style sheets.
 *
 *   figure({
 *     title: 'A falling loss',
 *     panels: [{ x: { label: 'update' }, y: { label: 'loss', unit: 'bits', log: true },
 *                series: [{ name: 'training', x: [1, 2, 3], y: [8, 4, 3] }] }],
 *   })
 */
import { UsageError } from '@mamba-ts/core/errors';
import { mark, round, type Series } from './marks.ts';
import { darkened, darkRules, FRAME, GRID, INK, PALETTE, PAPER } from './palette.ts';
import { type Axis, type Scale, scaleOf } from './scale.ts';
import { columnsOf, escaped, shortened } from './svgText.ts';

export type { Series } from './marks.ts';

/** Intervals of the x axis, marked by a thick line along it. */
export interface Spans {
  name?: string;
  /** [from, to] of each. */
  at: readonly (readonly [number, number])[];
  /** Index into the palette. */
  color: number;
}

/** One pair of axes with its series. */
export interface Panel {
  title?: string;
  x: Axis;
  y: Axis;
  series: Series[];
  spans?: Spans;
  /** The x of a vertical line. */
  border?: number;
  /** Pixels, axes included. Default: 250. */
  height?: number;
}

/** What figure() draws. */
export interface Figure {
  title: string;
  /** Whether the title is drawn; otherwise only screen readers read it. Default: true. */
  heading?: boolean;
  /** What the figure shows, in a sentence, for screen readers. */
  description?: string;
  panels: Panel[];
  /** Panels in a row. Default: 1. */
  columns?: number;
  /** Pixels. Default: 760. */
  width?: number;
  /** 'auto': in a browser, the theme that the reader has set. Default: 'light'. */
  theme?: 'light' | 'dark' | 'auto';
  /** A legend on each panel, or one for all. Default: 'each'. */
  legend?: 'each' | 'shared';
}

const MARGIN = { left: 66, right: 16, top: 10, bottom: 46 };
const LINE = 18;
const FONT = 12;
/** Width of an average letter of a sans-serif font, in font sizes. */
const LETTER = 0.56;
const letters = (text: string) => columnsOf(text) * FONT * LETTER;

/**
 * Draws a figure.
 * @returns an SVG document, which can also be placed in an HTML page.
 */
export function figure(options: Figure): string {
  const { title, heading = title !== '', description, panels, columns = 1, width: total = 760 } = options;
  const { theme = 'light', legend = 'each' } = options;
  if (panels.length === 0) throw new UsageError('figure', 'no panels, expected at least one.');
  const width = total / columns;
  const parts: string[] = [];
  let y = heading ? 40 : 8;
  if (legend === 'shared') {
    const shared = legendOf(panels.flatMap(entriesOf), total);
    parts.push(`<g transform="translate(0 ${y - 6})">${shared.text}</g>`);
    y += shared.height;
  }
  for (let i = 0; i < panels.length; i += columns) {
    const row = panels.slice(i, i + columns);
    const heads = row.map((panel) => headOf(panel, width, legend === 'each'));
    const head = Math.max(...heads.map(({ height }) => height));
    row.forEach((panel, k) => {
      parts.push(`<g transform="translate(${k * width} ${round(y)})">${heads[k].text}${plot(panel, width, head)}</g>`);
    });
    y += Math.max(...row.map((panel) => panel.height ?? 250)) + head;
  }
  const height = round(y + 4);
  const shown = shortened(title, (total - 20) / (15 * LETTER));
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${height}" width="${total}" height="${height}"`,
    ` class="figure" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="${FONT}" fill="${INK}" role="img">`,
    `<title>${escaped(title)}</title>${description ? `<desc>${escaped(description)}</desc>` : ''}`,
    theme === 'auto' ? `<style>@media screen and (prefers-color-scheme:dark){${darkRules}}</style>` : '',
    `<rect width="100%" height="100%" fill="${PAPER}"/>`,
    heading &&
      `<text x="${total / 2}" y="25" text-anchor="middle" font-size="15" font-weight="bold">${escaped(shown)}</text>`,
    ...parts,
    '</svg>\n',
  ]
    .filter(Boolean)
    .join('\n');
  return theme === 'dark' ? darkened(svg) : svg;
}

/** The panel's title and legend, above the axes. */
function headOf(panel: Panel, width: number, withLegend: boolean): { text: string; height: number } {
  const { title } = panel;
  const available = width - MARGIN.left - MARGIN.right;
  const legend = withLegend ? legendOf(entriesOf(panel), width) : { text: '', height: 0 };
  if (!title) return legend;
  const shown = shortened(title, available / (1.1 * FONT * LETTER));
  return {
    text:
      `<text x="${MARGIN.left}" y="${LINE - 4}" font-weight="bold">${escaped(shown)}</text>` +
      `<g transform="translate(0 ${LINE})">${legend.text}</g>`,
    height: LINE + legend.height,
  };
}

interface Entry {
  name: string;
  /** The sample, 22 pixels wide from x, around y. */
  draw(x: number, y: number): string;
}

/** Lines before bands: they are read first. */
function entriesOf({ series, spans }: Panel): Entry[] {
  const entries = series
    .map((item, i) => ({
      name: item.name ?? '',
      order: item.style === 'band' ? 1 : 0,
      draw: (x: number, y: number) => sample(item, i, x, y),
    }))
    .filter(({ name }) => name !== '')
    .sort((a, b) => a.order - b.order);
  if (!spans?.name || spans.at.length === 0) return entries;
  return [...entries, { name: spans.name, draw: (x, y) => span(x, x + 22, y, spans) }];
}

/** Each name once, in as many lines as are needed. */
function legendOf(entries: readonly Entry[], width: number): { text: string; height: number } {
  const available = width - MARGIN.left - MARGIN.right;
  const parts: string[] = [];
  let [x, y] = [0, 0];
  for (const { name, draw } of new Map(entries.map((entry) => [entry.name, entry])).values()) {
    const shown = shortened(name, (available - 30) / (FONT * LETTER));
    const needed = 30 + letters(shown) + 16;
    if (x === 0 || x + needed > available) {
      x = 0;
      y += LINE;
    }
    const at = MARGIN.left + x;
    parts.push(draw(at, y - 8), `<text x="${round(at + 28)}" y="${y - 4}">${escaped(shown)}</text>`);
    x += needed;
  }
  return { text: parts.join(''), height: y };
}

function plot(panel: Panel, width: number, head: number): string {
  const right = width - MARGIN.right;
  const [top, bottom] = [head + MARGIN.top, head + (panel.height ?? 250) - MARGIN.bottom];
  const { series, spans } = panel;
  const ys = scaleOf(
    panel.y,
    series.flatMap(({ y, low = [] }) => [...y, ...low]),
    bottom,
    top,
  );
  const named = label(panel.y) ? 26 : 8;
  const left = Math.max(MARGIN.left, named + 7 + Math.max(0, ...ys.ticks.map(({ text }) => letters(text))));
  const xs = scaleOf(
    panel.x,
    series.flatMap(({ x, whiskers = [] }) => [...x, ...whiskers.flat()]),
    left,
    right,
  );
  const grid = [
    ...xs.ticks.map(
      ({ at, text, context = '' }) =>
        `<path d="M${at} ${top}V${bottom}" stroke="${GRID}"/>` +
        below(text, at, bottom + 16, width) +
        below(context, at, bottom + 31, width),
    ),
    ...ys.ticks.map(
      ({ at, text }) =>
        `<path d="M${round(left)} ${at}H${right}" stroke="${GRID}"/>` +
        `<text x="${round(left - 7)}" y="${round(at + 4)}" text-anchor="end">${escaped(text)}</text>`,
    ),
  ];
  const middle = (top + bottom) / 2;
  const labels = [
    label(panel.x) &&
      `<text x="${round((left + right) / 2)}" y="${bottom + 35}" text-anchor="middle">${label(panel.x)}</text>`,
    label(panel.y) &&
      `<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${label(panel.y)}</text>`,
  ];
  const [w, h] = [round(right - left), bottom - top];
  const box = `x="${round(left)}" y="${top}" width="${w}" height="${h}"`;
  // For the script of a page, which shows the values under the pointer.
  const axes = panel.x.time || panel.border !== undefined ? ` data-x="${xs.range[0]} ${xs.range[1]}"` : '';
  const frame = `<rect ${box} fill="none" stroke="${FRAME}"${axes}/>`;
  // An inner svg clips to the axes without ids, which could clash on a page of several figures.
  const clip = `<svg aria-hidden="true" ${box} viewBox="${round(left)} ${top} ${w} ${h}">`;
  const curves = series.map((item, i) => draw(item, i, xs, ys));
  const intervals = spans?.at.map(([from, to]) => span(xs.map(from), xs.map(to), bottom - 3, spans)) ?? [];
  const at = panel.border === undefined ? Number.NaN : round(xs.map(panel.border));
  const border = at >= left ? `<path d="M${at} ${top}V${bottom}" stroke="${FRAME}" stroke-dasharray="2 3"/>` : '';
  const inner = [border, ...curves, ...intervals].join('');
  return `${grid.join('')}${clip}${inner}</svg>${frame}${labels.join('')}`;
}

/** Text centred at x, or further left where it would leave the panel. */
function below(text: string, x: number, y: number, width: number): string {
  const half = letters(text) / 2 + 2;
  return text && `<text x="${round(Math.min(x, width - half))}" y="${y}" text-anchor="middle">${text}</text>`;
}

/** A series between its axes. A value that is not finite leaves a gap. */
function draw(series: Series, index: number, xs: Scale, ys: Scale): string {
  const { name = 'a series', x, y, low } = series;
  if (x.length !== y.length) throw new UsageError('figure', `${name} has ${x.length} x and ${y.length} y values.`);
  if (series.style === 'band' && low?.length !== y.length) {
    throw new UsageError('figure', `${name} is a band of ${y.length} upper and ${low?.length ?? 0} lower values.`);
  }
  const whiskers = series.whiskers?.map(([from, to]) => [xs.map(from), xs.map(to)] as const);
  return mark(series, index, x.map(xs.map), y.map(ys.map), low?.map(ys.map), whiskers);
}

/** A short piece of a series, for the legend: its stroke, its dot, or both. */
function sample(series: Series, index: number, x: number, y: number): string {
  const { style } = series;
  if (style === 'band') return mark(series, index, [x, x + 22], [y - 5, y - 5], [y + 5, y + 5]);
  const stroke = { ...series, style: style === 'dashed' ? ('dashed' as const) : ('line' as const) };
  const line = style === 'points' ? '' : mark(stroke, index, [x, x + 22], [y, y]);
  const dot = style === 'points' || style === 'both' ? mark({ ...series, style: 'points' }, index, [x + 11], [y]) : '';
  return line + dot;
}

/** A thick line along the x axis, at least two pixels long. */
function span(from: number, to: number, y: number, { color }: Spans): string {
  const width = Math.max(2, to - from);
  return `<path d="M${round((from + to - width) / 2)} ${round(y)}h${round(width)}" stroke="${PALETTE[color]}" stroke-width="6"/>`;
}

const label = ({ label: text, unit }: Axis) => escaped(unit ? `${text} (${unit})` : text);
