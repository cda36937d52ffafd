/** A forecast with a normal distribution at each step: quantiles μ + σ Φ⁻¹(p). */
import { normalCdf } from '@mamba-ts/core/math';
import { type AnswerShape, forecastOf } from '../quantiles.ts';
import type { Forecast } from '../types.ts';

/** One deviation below, the median, and one above: other quantiles are interpolated in z, which is exact here. */
const LEVELS = [normalCdf(-1), 0.5, normalCdf(1)];

/** The mean and the standard deviation of each step. */
export interface Normals {
  mean: readonly number[];
  deviation: readonly number[];
}

/** The forecast with these means and deviations. */
export function gaussianForecast({ mean, deviation }: Normals, shape: AnswerShape): Forecast {
  const steps = mean.map((mu, t) => [mu - deviation[t], mu, mu + deviation[t]]);
  return { ...forecastOf({ levels: LEVELS, steps }, shape), mean: mean.slice() };
}
