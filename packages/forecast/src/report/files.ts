/**
 * Forecasts as rows: CSV and JSON, one series at a time, so that thousands can be written as they come.
 *
 *   id,time,mean,median,q0.1,…,q0.9,low80,high80
 *   AirPassengers,1961-01,448.1,447.2,…
 *
 *   csvHeader(view) + csvRows(view)            CSV, RFC 4180
 *   for await (const text of csv(views)) …     CSV of a stream of views
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Forecast } from '../types.ts';
import { type Curves, curvesOf } from './curves.ts';
import type { ForecastView } from './view.ts';

/** Without times there is a column `step` in place of `time`. */
export function columnsOf({ forecast, futureTimes }: ForecastView): string[] {
  return ['id', futureTimes ? 'time' : 'step', ...fieldsOf(forecast).map(({ column }) => column)];
}

/** Columns that are numbers, in order. */
function fieldsOf({ mean, median, quantiles, intervals = {} }: Forecast): { column: string; values: number[] }[] {
  const byNumber = <T>(record: Record<string, T>) => Object.entries(record).sort(([a], [b]) => Number(a) - Number(b));
  return [
    { column: 'mean', values: mean },
    { column: 'median', values: median },
    ...byNumber(quantiles).map(([key, values]) => ({ column: `q${key}`, values })),
    ...byNumber(intervals).flatMap(([level, { low, high }]) => [
      { column: `low${level}`, values: low },
      { column: `high${level}`, values: high },
    ]),
  ];
}

/** The rows that people read: a header, then time, median, bounds of the intervals, what came true if it is known. */
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

export const csvHeader = (view: ForecastView): string => `${columnsOf(view).map(field).join(',')}\n`;

/** The rows of one series, without the header. Numbers have 7 digits, and as many more as their differences ask for. */
export function csvRows(view: ForecastView): string {
  const { future, label } = curvesOf(view, 0);
  const fields = fieldsOf(view.forecast);
  const rounded = roundedTo(digitsOf(view.forecast));
  const digits = (value: number) => (Number.isFinite(value) ? String(rounded(value)) : '');
  const id = field(view.name);
  return future.x
    .map((x, i) => `${[id, field(label(x)), ...fields.map(({ values }) => digits(values[i]))].join(',')}\n`)
    .join('');
}

/** The CSV of many series, one at a time: the header, then the rows of each. */
export async function* csv(views: Iterable<ForecastView> | AsyncIterable<ForecastView>): AsyncGenerator<string> {
  let header: string | undefined;
  for await (const view of views) {
    const own = csvHeader(view);
    if (header === undefined) yield own;
    header ??= own;
    if (own !== header) {
      const quoted = JSON.stringify(view.name);
      throw new UsageError(
        'report',
        `series ${quoted} has the columns ${own.trim()}, expected ${header.trim()} as the first.`,
      );
    }
    yield csvRows(view);
  }
}

/** A forecast as JSON holds it: what a program needs to go on, times in ISO 8601. */
export interface ForecastRecord extends Forecast {
  id: string;
  unit?: string;
  /** ISO 8601, or numbers of steps. */
  time?: string[];
  step?: number[];
}

export function record(view: ForecastView): ForecastRecord {
  const { future, label }: Curves = curvesOf(view, 0);
  const place = view.futureTimes ? { time: future.x.map(label) } : { step: future.x };
  const rounded = roundedTo(digitsOf(view.forecast));
  const rows = (values: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(values).map(([key, row]) => [key, row.map(rounded)]));
  const { mean, median, quantiles, intervals } = view.forecast;
  return {
    id: view.name,
    ...(view.unit ? { unit: view.unit } : {}),
    ...place,
    mean: mean.map(rounded),
    median: median.map(rounded),
    quantiles: rows(quantiles),
    ...(intervals
      ? {
          intervals: Object.fromEntries(
            Object.entries(intervals).map(([level, { low, high }]) => [
              level,
              { low: low.map(rounded), high: high.map(rounded) },
            ]),
          ),
        }
      : {}),
  };
}

/** A JSON array of records, one series a line and at a time. */
export async function* json(views: Iterable<ForecastView> | AsyncIterable<ForecastView>): AsyncGenerator<string> {
  let before = '[\n';
  for await (const view of views) {
    yield before + JSON.stringify(record(view));
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** What a model in f32 knows of how far values are apart; what a value repeated has; what f64 holds. */
const [FEWEST, FLAT, MOST] = [7, 12, 15];
/** Digits of the widest difference. */
const OF_SPREAD = 5;

/** A meter that reads 1,700,000,040 and goes on by tens would stand still with seven digits. */
function digitsOf(forecast: Forecast): number {
  let [size, low, high] = [0, Infinity, -Infinity];
  for (const { values } of fieldsOf(forecast)) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      size = Math.max(size, Math.abs(value));
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  const digits = high > low ? OF_SPREAD + Math.ceil(Math.log10(size / (high - low))) : FLAT;
  return Math.min(MOST, Math.max(FEWEST, digits));
}

/** What is not a number stays so: an empty field, null in JSON. */
const roundedTo = (digits: number) => (value: number) =>
  Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;

/** Quoted where commas, quotes or line ends ask for it. */
const field = (text: string) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
