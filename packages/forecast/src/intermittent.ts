/**
 * Series that are mostly 0, spare parts, say: demand comes or does not, and has a size when it comes.
 *
 *   Q(q) = 0 where q ≤ 1 − π,  else S((q − 1 + π) / π)        mean = π E[S]
 *
 * π, the chance that there is demand in a step, is smoothed over all steps and so falls while nothing sells (Teunter,
 * Syntetos & Babai 2011); S are the quantiles of the sizes so far, the latest weighing most. The forecaster's own
 * quantiles, these, and the middle of both are tried on the last windows of the past, and the best answers.
 */
import { gridLoss } from './metrics/quantileErrors.ts';
import { checkOptions } from './options.ts';
import { forecastOf, GRID, meanOf, tableOf } from './quantiles.ts';
import { supportOf, within } from './support.ts';
import type { Forecast, ForecastOptions, SeriesForecaster, Values } from './types.ts';
import { checkValues } from './values.ts';

/** From this share of zeros on: an interval of 1.32 steps between demands (Syntetos, Boylan & Croston 2005). */
const ZEROS = 1 - 1 / 1.32;
/** How much of π a step renews; the one under which the past was most likely is taken. */
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2];
/** A size weighs half of one that came so many demands later. */
const HALF_LIFE = 30;
const WINDOWS = 6;

/** Whether a series is one of these: nothing below 0, and zeros often enough. */
export function isIntermittent(values: Values): boolean {
  let [seen, zeros, negative] = [0, 0, false];
  for (let t = 0; t < values.length; t++) {
    if (Number.isNaN(values[t])) continue;
    seen++;
    zeros += Number(values[t] === 0);
    negative ||= values[t] < 0;
  }
  return !negative && zeros < seen && zeros >= ZEROS * seen;
}

export interface Demand {
  /** π */
  chance: number;
  /** E[S] */
  size: number;
  /** Quantiles at GRID of any step ahead. */
  quantiles: number[];
}

/** What the past of such a series says of each step ahead. */
export function demandOf(values: Values): Demand {
  const seen = Array.from(values).filter((x) => !Number.isNaN(x));
  const chance = chanceOf(seen);
  const sizes = seen.filter((x) => x !== 0);
  const weighed = sizes
    .map((size, i) => ({ size, weight: 2 ** ((i + 1 - sizes.length) / HALF_LIFE) }))
    .sort((a, b) => a.size - b.size);
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const sizeAt = (u: number): number => {
    let below = 0;
    for (const { size, weight } of weighed) {
      below += weight;
      if (below >= u * total * (1 - 1e-12)) return size;
    }
    return 0;
  };
  return {
    chance,
    size: total > 0 ? weighed.reduce((sum, { size, weight }) => sum + size * weight, 0) / total : 0,
    quantiles: GRID.map((q) => (q <= 1 - chance ? 0 : sizeAt((q - 1 + chance) / chance))),
  };
}

/** π after the last step, started from the share of the first steps. */
function chanceOf(values: readonly number[]): number {
  const start = values.slice(0, Math.max(10, Math.ceil(values.length / 4)));
  const share = (start.filter((x) => x !== 0).length + 0.5) / (start.length + 1);
  let best = { chance: share, loss: Infinity };
  for (const rate of RATES) {
    let [chance, loss] = [share, 0];
    for (const x of values) {
      loss -= Math.log(x !== 0 ? chance : 1 - chance);
      chance += rate * (Number(x !== 0) - chance);
    }
    if (loss < best.loss) best = { chance, loss };
  }
  return best.chance;
}

export interface IntermittentForecast extends Forecast {
  /** How much of the answer is the demand's, the rest the forecaster's: 0, ½ or 1. */
  demand: number;
}

const SHARES = [0, 0.5, 1];

/** One series with many zeros. Others are forecast as they are. */
export async function forecastIntermittent(
  forecaster: SeriesForecaster,
  values: Values,
  options: ForecastOptions,
): Promise<IntermittentForecast> {
  const asked = checkOptions(options);
  const y = checkValues(values);
  if (!isIntermittent(y)) {
    const [forecast] = await forecaster.forecastAll([y], options);
    return { ...forecast, demand: 0 };
  }
  const horizon = Math.min(asked.horizon, Math.max(1, Math.floor(y.length / 12)));
  const origins = Array.from({ length: WINDOWS }, (_, i) => y.length - (i + 1) * horizon).filter(
    (origin) => origin >= y.length / 2 && y.subarray(0, origin).some((x) => x > 0),
  );
  const pasts = [y.length, ...origins].map((origin) => y.subarray(0, origin));
  const forecasts = await forecaster.forecastAll(pasts, {
    ...options,
    levels: undefined,
    integer: false,
    quantiles: GRID,
  });
  const demands = pasts.map(demandOf);
  const owns = forecasts.map((forecast) => tableOf(forecast).steps.map((row) => row.map((x) => Math.max(0, x))));
  const rowOf = (i: number, t: number, share: number) =>
    demands[i].quantiles.map((q, k) => share * q + (1 - share) * owns[i][t][k]);
  const errors = SHARES.map((share) =>
    origins.reduce((sum, origin, o) => {
      const rows = Array.from({ length: horizon }, (_, t) => rowOf(o + 1, t, share));
      return sum + gridLoss(y.subarray(origin, origin + horizon), rows);
    }, 0),
  );
  // Where nothing tells them apart, the middle of both.
  const share = errors[1] <= Math.min(...errors) ? 0.5 : SHARES[errors.indexOf(Math.min(...errors))];
  const steps = Array.from({ length: asked.horizon }, (_, t) => rowOf(0, t, share));
  const { chance, size } = demands[0];
  const mean = owns[0].map((row) => share * chance * size + (1 - share) * meanOf(GRID, row));
  return { ...forecastOf(within({ levels: GRID, steps }, supportOf(y, asked)), asked), mean, demand: share };
}
