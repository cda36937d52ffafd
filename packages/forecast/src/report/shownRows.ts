/** A forecast as a table for readers, with only as many digits as matter. */
import { curvesOf } from './curves.ts';
import type { ForecastView } from './view.ts';

/** A header, then a row for each step: time, median, bounds of the intervals, and the actual value where known. */
export function shownRows(view: ForecastView): string[][] {
  const { future, bands, actual, isTime, label, number, value } = curvesOf(view);
  const header = [isTime ? 'time' : 'step', 'median'];
  for (const { level } of bands) header.push(`${level} % low`, `${level} % high`);
  if (actual) header.push('actual');
  const rows = future.x.map((x, i) => [
    label(x),
    number(future.median[i]),
    ...bands.flatMap(({ low, high }) => [number(low[i]), number(high[i])]),
    ...(actual ? [i < actual.length ? value(actual[i]) : ''] : []),
  ]);
  return [header, ...rows];
}
