/** A forecast whose every step is normal: quantiles μ + σ Φ⁻¹(p). */
import { normalCdf } from '@mamba-ts/core/math';
import { type Asked, forecastOf } from '../quantiles.ts';
import type { Forecast } from '../types.ts';

/** One deviation below, the middle, one above: quantiles of a normal distribution are lines through them. */
const LEVELS = [normalCdf(-1), 0.5, normalCdf(1)];

/** The mean and the standard deviation of each step. */
export interface Normals {
  mean: readonly number[];
  deviation: readonly number[];
}

export function gaussianForecast({ mean, deviation }: Normals, asked: Asked): Forecast {
  const steps = mean.map((mu, t) => [mu - deviation[t], mu, mu + deviation[t]]);
  return { ...forecastOf({ levels: LEVELS, steps }, asked), mean: mean.slice() };
}
