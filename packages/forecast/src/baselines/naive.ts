/**
 * Forecasts that need no fitting (Hyndman & Athanasopoulos 2021, sections 5.2 and 5.5); T the last step, m the season.
 *
 *   seasonal naive   ŷ(T + h) = y(T + h − m k)       σ²(h) = σ² k,   k = ⌈h / m⌉
 *   naive            the same with m = 1              σ²(h) = σ² h
 *   drift            ŷ(T + h) = y(T) + h b           σ²(h) = σ² h (1 + h / (T − 1)),   b = (y(T) − y(1)) / (T − 1)
 *
 * σ² is the mean square of the residuals in the past. If the value to repeat is missing, the one of a season before is
 * used, and k counts that season as well. A series that is no longer than its season is forecast as if it had none.
 * Without any residual, intervals have no width.
 */
import { lastOf } from '../history.ts';
import type { Values } from '../types.ts';
import type { Normals } from './gaussian.ts';

/** Gets a reason to answer with another method: 'ets: fewer than 8 values, seasonal naive instead'. */
export type Note = (text: string) => void;

/** What these methods read of a past: see Past in method.ts. */
interface Repeated {
  y: Float64Array;
  season: number;
  horizon: number;
  note: Note;
}

/** The naive forecast: the last value. */
export const naive = (past: Repeated): Normals => seasonalNaive({ ...past, season: 1 });

/** The seasonal naive forecast; with a season of 1, the naive one. */
export function seasonalNaive({ y, season, horizon, note }: Repeated): Normals {
  const n = y.length;
  let m = season;
  if (m >= n && m > 1) {
    note(`${n} values are no longer than a season of ${m}: naive instead`);
    m = 1;
  }
  const sigma = Math.sqrt(meanSquare(y, m));
  if (Number.isNaN(sigma)) note('no two values to compare: intervals have no width');
  const [mean, deviation]: number[][] = [[], []];
  for (let h = 1; h <= horizon; h++) {
    let k = Math.ceil(h / m);
    while (n - 1 + h - m * k >= 0 && Number.isNaN(y[n - 1 + h - m * k])) k++;
    const at = n - 1 + h - m * k;
    mean.push(at >= 0 ? y[at] : lastOf(y));
    deviation.push((sigma || 0) * Math.sqrt(k));
  }
  return { mean, deviation };
}

/** The drift forecast. */
export function drift({ y, horizon, note }: Omit<Repeated, 'season'>): Normals {
  const first = y.findIndex((x) => !Number.isNaN(x));
  const last = y.findLastIndex((x) => !Number.isNaN(x));
  const steps = last - first;
  if (steps === 0) {
    note('a single value has no drift: naive instead');
    return naive({ y, season: 1, horizon, note: () => {} });
  }
  const slope = (y[last] - y[first]) / steps;
  const sigma = Math.sqrt(meanSquare(y, 1, slope));
  const ahead = Array.from({ length: horizon }, (_, i) => y.length - 1 - last + i + 1);
  return {
    mean: ahead.map((h) => y[last] + slope * h),
    deviation: ahead.map((h) => (sigma || 0) * Math.sqrt(h * (1 + h / steps))),
  };
}

/** mean (yₜ − yₜ₋ₘ − slope)² */
function meanSquare(y: Values, m: number, slope = 0): number {
  let [sum, count] = [0, 0];
  for (let t = m; t < y.length; t++) {
    const residual = y[t] - y[t - m] - slope;
    if (Number.isNaN(residual)) continue;
    sum += residual * residual;
    count++;
  }
  return sum / count;
}
