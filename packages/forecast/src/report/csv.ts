/**
 * Forecasts as CSV (RFC 4180), one series at a time, so that thousands can be written as they are computed.
 *
 *   id,time,mean,median,q0.1,…,q0.9,low80,high80
 *   AirPassengers,1961-01,448.1,447.2,…
 */
import { UsageError } from '@mamba-ts/core/errors';
import { csvText } from '@mamba-ts/core/table';
import { numberColumns, roundingOf } from './columns.ts';
import { curvesOf } from './curves.ts';
import type { ForecastView } from './view.ts';

/** The header line. A series without times has a column `step` in place of `time`. */
export function csvHeader({ forecast, futureTimes }: ForecastView): string {
  const columns = ['id', futureTimes ? 'time' : 'step', ...numberColumns(forecast).map(({ column }) => column)];
  return `${columns.map(csvText).join(',')}\n`;
}

/** The rows of one series, without the header. Numbers have 7 digits, or more where their differences need them. */
export function csvRows(view: ForecastView): string {
  const { future, label } = curvesOf(view, 0);
  const columns = numberColumns(view.forecast);
  const round = roundingOf(view.forecast);
  const cell = (value: number) => (Number.isFinite(value) ? String(round(value)) : '');
  const id = csvText(view.name);
  return future.x
    .map((x, i) => `${[id, csvText(label(x)), ...columns.map(({ values }) => cell(values[i]))].join(',')}\n`)
    .join('');
}

/**
 * The CSV of many series in parts: the header, then the rows of each series.
 * @throws UsageError if a series has other columns than the first.
 */
export async function* csv(views: Iterable<ForecastView> | AsyncIterable<ForecastView>): AsyncGenerator<string> {
  let header: string | undefined;
  for await (const view of views) {
    const ownHeader = csvHeader(view);
    if (header === undefined) yield ownHeader;
    header ??= ownHeader;
    if (ownHeader !== header) {
      const name = JSON.stringify(view.name);
      throw new UsageError(
        'report',
        `series ${name} has the columns ${ownHeader.trim()}, expected ${header.trim()} as in the first.`,
      );
    }
    yield csvRows(view);
  }
}
