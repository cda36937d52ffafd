/** Forecasts as JSON, one series at a time, so that thousands can be written as they are computed. */
import type { Forecast, Interval } from '../types.ts';
import { roundingOf } from './columns.ts';
import { curvesOf } from './curves.ts';
import type { ForecastView } from './view.ts';

/** One series in a JSON file. */
export interface ForecastRecord extends Forecast {
  id: string;
  unit?: string;
  /** ISO 8601. */
  time?: string[];
  /** Steps, in place of times: 1 is the first value of the history. */
  step?: number[];
}

/** The record of one series, its numbers rounded as in CSV. */
export function record(view: ForecastView): ForecastRecord {
  const { future, label } = curvesOf(view, 0);
  const { mean, median, quantiles, intervals, samples } = view.forecast;
  const round = roundingOf(view.forecast);
  const rounded = (row: readonly number[]) => row.map(round);
  const bounds = ({ low, high }: Interval) => ({ low: rounded(low), high: rounded(high) });
  return {
    id: view.name,
    ...(view.unit && { unit: view.unit }),
    ...(view.futureTimes ? { time: future.x.map(label) } : { step: future.x }),
    mean: rounded(mean),
    median: rounded(median),
    quantiles: mapValues(quantiles, rounded),
    ...(intervals && { intervals: mapValues(intervals, bounds) }),
    ...(samples && { samples: samples.map(rounded) }),
  };
}

const mapValues = <A, B>(entries: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, f(value)]));

/** A JSON array of records in parts, one series a line. */
export async function* json(views: Iterable<ForecastView> | AsyncIterable<ForecastView>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const view of views) {
    yield separator + JSON.stringify(record(view));
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
