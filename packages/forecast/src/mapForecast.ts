import type { Forecast } from './types.ts';

/** A forecast with changed mean, median, quantiles, intervals and sample paths. `change` gets each list of them, one number a step. */
export function mapForecast(forecast: Forecast, change: (steps: number[]) => number[]): Forecast {
  const { mean, median, quantiles, intervals, samples } = forecast;
  const entries = Object.entries(intervals ?? {});
  return {
    ...forecast,
    mean: change(mean),
    median: change(median),
    quantiles: mapLists(quantiles, change),
    ...(intervals && {
      intervals: Object.fromEntries(
        entries.map(([level, { low, high }]) => [level, { low: change(low), high: change(high) }]),
      ),
    }),
    ...(samples && { samples: samples.map(change) }),
  };
}

/** Lists by name, each of them changed. */
export const mapLists = (
  lists: Record<string, number[]>,
  change: (list: number[]) => number[],
): Record<string, number[]> => Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, change(list)]));
