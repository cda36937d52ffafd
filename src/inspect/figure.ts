/**
 * Figures as SVG text: panels with axes, units and a legend. No fonts, scripts or styles from elsewhere.
 *
 *   figure({
 *     title: 'A falling loss',
 *     panels: [{ x: { label: 'update' }, y: { label: 'loss', unit: 'bits', log: true },
 *                series: [{ name: 'training', x: [1, 2, 3], y: [8, 4, 3] }] }],
 *   })
 */
import { type Axis, type Scale, scaleOf } from './scale.ts';

export interface Series {
  /** In the legend; without a name it is not there. */
  name?: string;
  x: readonly number[];
  y: readonly number[];
  /** line by default */
  style?: 'line' | 'dashed' | 'points' | 'both';
  /** Index into the palette; by default the series' own place. */
  color?: number;
  width?: number;
}

export interface Panel {
  title?: string;
  x: Axis;
  y: Axis;
  series: Series[];
  /** Pixels, axes included; 250 by default. */
  height?: number;
}

export interface Figure {
  title: string;
  panels: Panel[];
  /** Panels beside each other; 1 by default. */
  columns?: number;
}

/** Okabe & Ito's colours, told apart by colour-blind eyes too; black first. */
const PALETTE = ['#222222', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const WIDTH = 760;
const MARGIN = { left: 66, right: 16, top: 10, bottom: 46 };
const LINE = 18;
const FONT = 12;
/** An average letter of a sans-serif font is about so wide. */
const letters = (text: string) => text.length * FONT * 0.56;

export function figure({ title, panels, columns = 1 }: Figure): string {
  if (panels.length === 0) throw new Error('figure: no panels, expected at least one.');
  const width = WIDTH / columns;
  const parts: string[] = [];
  let y = 40;
  for (let i = 0; i < panels.length; i += columns) {
    const row = panels.slice(i, i + columns);
    const heads = row.map((panel) => headOf(panel, width));
    const head = Math.max(...heads.map(({ height }) => height));
    row.forEach((panel, k) => {
      parts.push(`<g transform="translate(${k * width} ${round(y)})">${heads[k].text}${plot(panel, width, head)}</g>`);
    });
    y += Math.max(...row.map((panel) => panel.height ?? 250)) + head;
  }
  const height = round(y + 4);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ` font-family="Helvetica, Arial, sans-serif" font-size="${FONT}" fill="#222" role="img">`,
    `<title>${plain(title)}</title><rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${WIDTH / 2}" y="25" text-anchor="middle" font-size="15" font-weight="bold">${plain(title)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** The panel's title and legend, above the axes, in as many lines as they need. */
function headOf({ title, series }: Panel, width: number): { text: string; height: number } {
  const room = width - MARGIN.left - MARGIN.right;
  const parts: string[] = [];
  let y = 0;
  if (title) {
    y += LINE;
    parts.push(`<text x="${MARGIN.left}" y="${y - 4}" font-weight="bold">${plain(title)}</text>`);
  }
  let x = 0;
  series.forEach((one, i) => {
    if (!one.name) return;
    const needed = 30 + letters(one.name) + 16;
    if (x === 0 || x + needed > room) {
      x = 0;
      y += LINE;
    }
    const at = MARGIN.left + x;
    parts.push(sample(one, i, at, y - 8));
    parts.push(`<text x="${round(at + 28)}" y="${y - 4}">${plain(one.name)}</text>`);
    x += needed;
  });
  return { text: parts.join(''), height: y };
}

function plot(panel: Panel, width: number, head: number): string {
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [head + MARGIN.top, head + (panel.height ?? 250) - MARGIN.bottom];
  const xs = scaleOf(
    panel.x,
    panel.series.flatMap(({ x }) => [...x]),
    left,
    right,
  );
  const ys = scaleOf(
    panel.y,
    panel.series.flatMap(({ y }) => [...y]),
    bottom,
    top,
  );
  const grid = [
    ...xs.ticks.map(
      ({ at, text }) =>
        `<path d="M${at} ${top}V${bottom}" stroke="#e4e4e4"/>` +
        `<text x="${at}" y="${bottom + 16}" text-anchor="middle">${text}</text>`,
    ),
    ...ys.ticks.map(
      ({ at, text }) =>
        `<path d="M${left} ${at}H${right}" stroke="#e4e4e4"/>` +
        `<text x="${left - 7}" y="${round(at + 4)}" text-anchor="end">${text}</text>`,
    ),
  ];
  const middle = (top + bottom) / 2;
  const labels =
    `<text x="${(left + right) / 2}" y="${bottom + 35}" text-anchor="middle">${label(panel.x)}</text>` +
    `<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${label(panel.y)}</text>`;
  const [w, h] = [right - left, bottom - top];
  const box = `x="${left}" y="${top}" width="${w}" height="${h}"`;
  const frame = `<rect ${box} fill="none" stroke="#888"/>`;
  // An inner svg cuts what leaves the axes, without ids that could clash on a page of several figures.
  const clip = `<svg aria-hidden="true" ${box} viewBox="${left} ${top} ${w} ${h}">`;
  const curves = panel.series.map((one, i) => draw(one, i, xs, ys));
  return `${grid.join('')}${clip}${curves.join('')}</svg>${frame}${labels}`;
}

/** A series on its axes; a value that is not finite leaves a gap. */
function draw(series: Series, index: number, xs: Scale, ys: Scale): string {
  if (series.x.length !== series.y.length) {
    throw new Error(`figure: ${series.name ?? 'a series'} has ${series.x.length} x and ${series.y.length} y values.`);
  }
  return mark(series, index, series.x.map(xs.map), series.y.map(ys.map));
}

/** A short piece of a series, for the legend: its stroke, its dot, or both. */
function sample(series: Series, index: number, x: number, y: number): string {
  const { style } = series;
  const stroke = { ...series, style: style === 'dashed' ? ('dashed' as const) : ('line' as const) };
  const line = style === 'points' ? '' : mark(stroke, index, [x, x + 22], [y, y]);
  const dot = style === 'points' || style === 'both' ? mark({ ...series, style: 'points' }, index, [x + 11], [y]) : '';
  return line + dot;
}

function mark(series: Series, index: number, x: readonly number[], y: readonly number[]): string {
  const color = PALETTE[(series.color ?? index) % PALETTE.length];
  const { style = 'line', width = 1.8 } = series;
  const parts: string[] = [];
  if (style !== 'points') {
    let path = '';
    let pen = 'M';
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) {
        pen = 'M';
        continue;
      }
      path += `${pen}${round(x[i])} ${round(y[i])}`;
      pen = 'L';
    }
    const dash = style === 'dashed' ? ' stroke-dasharray="6 4"' : '';
    parts.push(
      `<path d="${path}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"${dash}/>`,
    );
  }
  if (style === 'points' || style === 'both') {
    const radius = style === 'both' ? 3.2 : 2.4;
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
      parts.push(`<circle cx="${round(x[i])}" cy="${round(y[i])}" r="${radius}" fill="${color}"/>`);
    }
  }
  return parts.join('');
}

const label = ({ label: text, unit }: Axis) => plain(unit ? `${text} (${unit})` : text);
const round = (value: number) => Math.round(10 * value) / 10;
const plain = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
