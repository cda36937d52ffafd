import type { Forecast } from '../types.ts';

/** A forecast without its first steps. */
export function withoutFirst(forecast: Forecast, steps: number): Forecast {
  if (steps === 0) return forecast;
  const rest = (values: number[]) => values.slice(steps);
  const restOf = (rows: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(rows).map(([key, values]) => [key, rest(values)]));
  const { mean, median, quantiles, intervals, covariates } = forecast;
  return {
    ...forecast,
    mean: rest(mean),
    median: rest(median),
    quantiles: restOf(quantiles),
    ...(intervals && {
      intervals: Object.fromEntries(
        Object.entries(intervals).map(([level, { low, high }]) => [level, { low: rest(low), high: rest(high) }]),
      ),
    }),
    ...(covariates && { covariates: { ...covariates, effect: restOf(covariates.effect) } }),
  };
}
