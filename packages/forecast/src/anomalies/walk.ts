/** A history that grows, and forecasts of what comes next: a forecaster's own stream, or its forecasts from scratch. */
import type { Forecast, ForecastOptions, SeasonOption, SeriesForecaster } from '../types.ts';

export interface Walk {
  /** The next value; NaN where it is missing. */
  observe(value: number): void;
  /** `season` is the walk's. */
  forecast(options: Omit<ForecastOptions, 'season'>): Promise<Forecast>;
  dispose?(): void;
}

/** A forecaster that reads value by value, as the one of this package does. */
export interface Streaming extends SeriesForecaster {
  stream(options?: { season?: SeasonOption }): Walk;
}

/** Values that a forecaster without a stream is given at most. */
const CONTEXT = 4096;

export function walkOf(forecaster: SeriesForecaster | Streaming, season?: SeasonOption): Walk {
  if ('stream' in forecaster) return forecaster.stream({ season });
  let values: number[] = [];
  return {
    observe(value) {
      values.push(value);
      if (values.length >= 2 * CONTEXT) values = values.slice(-CONTEXT);
    },
    async forecast(asked) {
      const [found] = await forecaster.forecastAll([values.slice(-CONTEXT)], { ...asked, season });
      return found;
    },
  };
}
