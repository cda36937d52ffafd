import { mapForecast, mapLists } from '../mapForecast.ts';
import type { Forecast } from '../types.ts';

/** A forecast without its first steps. */
export function withoutFirst(forecast: Forecast, steps: number): Forecast {
  if (steps === 0) return forecast;
  const rest = (values: number[]) => values.slice(steps);
  const { covariates } = forecast;
  return {
    ...mapForecast(forecast, rest),
    ...(covariates && { covariates: { ...covariates, effect: mapLists(covariates.effect, rest) } }),
  };
}
