/**
 * Forecasts as a picture: the past, the median ahead and its intervals, one panel a series.
 *
 *   await writeFile('forecast.svg', svg([view]));
 */
import { type Figure, figure, type Panel, type Series } from '../../inspect/figure.ts';
import { type Curves, curvesOf, type ForecastView } from './view.ts';

export interface SvgOptions {
  title?: string;
  /** 'auto' by default: light or dark as the reader has it. */
  theme?: Figure['theme'];
  /** Pixels; 760 by default. */
  width?: number;
  /** How many values of the past. Default: six horizons, 96 at least. */
  history?: number;
  /** Panels at most; 24 by default. The title says how many are left out. */
  limit?: number;
}

const [BLACK, BLUE, ORANGE] = [0, 1, 2];

export function svg(views: readonly ForecastView[], options: SvgOptions = {}): string {
  if (views.length === 0) throw new Error('report: no series to draw, expected at least one.');
  const { theme = 'auto', width = 760, limit = 24 } = options;
  const shown = views.slice(0, limit);
  const drawn = shown.map((view) => ({ view, curves: curvesOf(view, options.history) }));
  const alone = views.length === 1;
  const left = views.length > shown.length ? `, ${shown.length} of ${views.length} series` : '';
  return figure({
    title: (options.title ?? (alone ? views[0].name : 'Forecasts')) + left,
    description: shown.slice(0, 3).map(described).join(' '),
    theme,
    width,
    columns: views.length > 3 && width > 600 ? 2 : 1,
    panels: drawn.map(({ view, curves }, i) => panelOf(view, curves, i === 0, alone && !options.title)),
  });
}

/** A sentence for those who do not see the picture. */
export function described(view: ForecastView): string {
  const { past, future, label, number, bands } = curvesOf(view);
  const last = future.x.length - 1;
  const [widest] = bands;
  const range = widest && ` (${widest.level} %: ${number(widest.low[last])} to ${number(widest.high[last])})`;
  return (
    `${view.name}: ${view.history.length} values${past.x.length ? ` up to ${label(past.x[past.x.length - 1])}` : ''}, ` +
    `then ${last + 1} forecast, to a median of ${number(future.median[last])}${range ?? ''} at ${label(future.x[last])}.`
  );
}

/** `legend`: only one of the panels needs it, for all have the same colours. */
function panelOf(view: ForecastView, curves: Curves, legend: boolean, titled: boolean): Panel {
  const { past, isTime } = curves;
  const named = (name: string) => (legend ? name : undefined);
  return {
    title: titled ? undefined : view.name,
    x: { label: isTime ? '' : 'step', time: isTime },
    y: { label: view.unit ?? '' },
    series: seriesOf(curves, named),
    border: past.x.at(-1) ?? curves.future.x[0],
    spans: { name: named('missing'), color: ORANGE, at: gapsOf(past) },
  };
}

function seriesOf({ past, future, bands, actual }: Curves, named: (name: string) => string | undefined): Series[] {
  const { x, median, bands: joined } = joinedToPast(past, future, bands);
  const series: Series[] = joined.map(({ level, low, high }, i) => ({
    name: named(`${level} % interval`),
    x,
    y: high,
    low,
    style: 'band',
    color: BLUE,
    opacity: i === 0 ? 0.18 : 0.25,
  }));
  series.push({ name: named('history'), ...past, color: BLACK, width: 1.5 });
  if (actual) series.push({ name: named('actual'), x: future.x.slice(0, actual.length), y: actual, color: ORANGE });
  series.push({ name: named('forecast (median)'), x, y: median, color: BLUE, width: 2.2 });
  return series;
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
