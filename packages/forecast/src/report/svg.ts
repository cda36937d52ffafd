/**
 * Forecasts as an SVG chart: the past, the median ahead and its intervals, one panel for each series.
 *
 *   await writeFile('forecast.svg', svg([view]));
 */
import { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { type Figure, figure, type Panel, type Series } from '../chart/figure.ts';
import { type Curves, curvesOf, gapsOf, joinedToPast } from './curves.ts';
import type { ForecastView } from './view.ts';

/** Options of svg(). */
export interface SvgOptions {
  /** Default: the name of the series. */
  title?: string;
  /** Whether the title and the names of the series are drawn. Default: true. */
  heading?: boolean;
  /** Default: 'auto', the theme that the reader has set. */
  theme?: Figure['theme'];
  /** Pixels. Default: 760. */
  width?: number;
  /** Pixels of a panel. Default: 250. */
  height?: number;
  /** Values of the past. Default: six horizons, at least 96. */
  history?: number;
  /** The largest number of panels. The title says if there are more series. Default: 24. */
  limit?: number;
}

const [BLACK, BLUE, ORANGE] = [0, 1, 2];

/** The chart as an SVG document. */
export function svg(views: readonly ForecastView[], options: SvgOptions = {}): string {
  if (views.length === 0) throw new UsageError('report', 'no series to draw, expected at least one.');
  const { theme = 'auto', width = 760, limit = 24, heading = true } = options;
  const shown = views.slice(0, limit);
  const drawn = shown.map((view) => ({ view, curves: curvesOf(view, options.history) }));
  const alone = views.length === 1;
  const omitted =
    views.length > shown.length ? `, ${thousands(shown.length)} of ${thousands(views.length)} series` : '';
  return figure({
    title: (options.title ?? (alone ? views[0].name : 'Forecasts')) + omitted,
    description: shown.slice(0, 3).map(described).join(' '),
    heading,
    theme,
    width,
    columns: views.length > 3 && width > 600 ? 2 : 1,
    legend: 'shared',
    panels: drawn.map(({ view, curves }) => ({
      ...panelOf(view, curves, heading && !(alone && options.title === undefined)),
      height: options.height,
    })),
  });
}

/** The chart in a sentence, for screen readers. */
export function described(view: ForecastView): string {
  const { past, future, label, number, bands } = curvesOf(view);
  const last = future.x.length - 1;
  const [widest] = bands;
  const range = widest && ` (${widest.level} %: ${number(widest.low[last])} to ${number(widest.high[last])})`;
  return (
    `${view.name}: ${thousands(view.history.length)} values${past.x.length ? ` up to ${label(past.x[past.x.length - 1])}` : ''}, ` +
    `then ${thousands(last + 1)} forecast, to a median of ${number(future.median[last])}${range ?? ''} at ${label(future.x[last])}.`
  );
}

function panelOf(view: ForecastView, curves: Curves, named: boolean): Panel {
  const { past, isTime, spacing } = curves;
  return {
    title: named ? view.name : undefined,
    x: { label: isTime ? '' : 'step', time: isTime, spacing },
    y: { label: view.unit ?? '' },
    series: seriesOf(curves),
    border: past.x.at(-1) ?? curves.future.x[0],
    spans: { name: 'missing', color: ORANGE, at: gapsOf(past) },
  };
}

function seriesOf({ past, future, bands, actual }: Curves): Series[] {
  const { x, median, bands: joined } = joinedToPast(past, future, bands);
  const series: Series[] = joined.map(({ level, low, high }, i) => ({
    name: `${level} % interval`,
    x,
    y: high,
    low,
    style: 'band',
    color: BLUE,
    opacity: i === 0 ? 0.16 : 0.33,
  }));
  series.push({ name: 'history', ...past, color: BLACK, width: 1.5 });
  if (actual) series.push({ name: 'actual', x: future.x.slice(0, actual.length), y: actual, color: ORANGE });
  series.push({ name: 'forecast (median)', x, y: median, color: BLUE, width: 2.2 });
  return series;
}
