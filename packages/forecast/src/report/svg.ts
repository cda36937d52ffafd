/**
 * Forecasts as a picture: the past, the median ahead and its intervals, one panel a series.
 *
 *   await writeFile('forecast.svg', svg([view]));
 */
import { UsageError } from '@mamba-ts/core/errors';
import { type Figure, figure, type Panel, type Series } from '../chart/figure.ts';
import { type Curves, curvesOf, gapsOf, joinedToPast } from './curves.ts';
import type { ForecastView } from './view.ts';

export interface SvgOptions {
  /** Default: the series' name. */
  title?: string;
  /** Whether the title is drawn, and the series' names above their panels. true by default. */
  heading?: boolean;
  /** 'auto' by default: light or dark as the reader has it. */
  theme?: Figure['theme'];
  /** Pixels; 760 by default. */
  width?: number;
  /** Pixels of a panel; 250 by default. */
  height?: number;
  /** How many values of the past. Default: six horizons, 96 at least. */
  history?: number;
  /** Panels at most; 24 by default. The title says how many are left out. */
  limit?: number;
}

const [BLACK, BLUE, ORANGE] = [0, 1, 2];

export function svg(views: readonly ForecastView[], options: SvgOptions = {}): string {
  if (views.length === 0) throw new UsageError('report', 'no series to draw, expected at least one.');
  const { theme = 'auto', width = 760, limit = 24, heading = true } = options;
  const shown = views.slice(0, limit);
  const drawn = shown.map((view) => ({ view, curves: curvesOf(view, options.history) }));
  const alone = views.length === 1;
  const left = views.length > shown.length ? `, ${shown.length} of ${views.length} series` : '';
  return figure({
    title: (options.title ?? (alone ? views[0].name : 'Forecasts')) + left,
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
