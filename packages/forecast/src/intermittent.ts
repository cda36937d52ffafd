/**
 * Intermittent demand: series that are mostly 0, such as the sales of spare parts.
 *
 *   Q(q) = 0 where q ≤ 1 − π,  else S((q − 1 + π) / π)        mean = π E[S]
 *
 * π is the probability of demand in a step. It is smoothed over all steps, so it falls while nothing sells (Teunter,
 * Syntetos & Babai 2011). S are the quantiles of the sizes so far; recent sizes have more weight. Three forecasts are
 * compared on the last windows of the past: these quantiles, those of the forecaster, and the mean of both.
 */
import { field } from '@mamba-ts/core/schema';
import { checkOptions } from './baseOptions.ts';
import { gridLoss } from './metrics/quantileErrors.ts';
import { forecastPart } from './part.ts';
import { forecastOf, GRID, meanOf, tableOf } from './quantiles.ts';
import { supportOf, within } from './support.ts';
import { type Task, type TaskForecaster, taskUntil } from './task.ts';
import type { BaseOptions, Forecast, Values } from './types.ts';

/** The smallest share of zeros: 1.32 steps between two demands (Syntetos, Boylan & Croston 2005). */
const MIN_ZEROS = 1 - 1 / 1.32;
/** Smoothing rates of π. The one with the largest likelihood of the past is used. */
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2];
/** The weight of a size halves after this number of demands. */
const HALF_LIFE = 30;
const WINDOWS = 6;

/** Whether a series is intermittent: no value below 0, and at least 24 % zeros. */
export function isIntermittent(values: Values): boolean {
  let [seen, zeros, negative] = [0, 0, false];
  for (let t = 0; t < values.length; t++) {
    if (Number.isNaN(values[t])) continue;
    seen++;
    zeros += Number(values[t] === 0);
    negative ||= values[t] < 0;
  }
  return !negative && zeros < seen && zeros >= MIN_ZEROS * seen;
}

/** The distribution of demand in one step. */
export interface Demand {
  /** π */
  chance: number;
  /** E[S] */
  size: number;
  /** Quantiles at GRID of any step ahead. */
  quantiles: number[];
}

/** The distribution of demand in each step ahead, estimated from the past. */
export function demandOf(values: Values): Demand {
  const seen = Array.from(values).filter((x) => !Number.isNaN(x));
  const chance = chanceOf(seen);
  const sizes = seen.filter((x) => x !== 0);
  const weighted = sizes
    .map((size, i) => ({ size, weight: 2 ** ((i + 1 - sizes.length) / HALF_LIFE) }))
    .sort((a, b) => a.size - b.size);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const sizeAt = (u: number): number => {
    let below = 0;
    for (const { size, weight } of weighted) {
      below += weight;
      if (below >= u * total * (1 - 1e-12)) return size;
    }
    return 0;
  };
  return {
    chance,
    size: total > 0 ? weighted.reduce((sum, { size, weight }) => sum + size * weight, 0) / total : 0,
    quantiles: GRID.map((q) => (q <= 1 - chance ? 0 : sizeAt((q - 1 + chance) / chance))),
  };
}

/** π after the last step. It starts from the share of demand in the first steps. */
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

const SHARES = [0, 0.5, 1];

/**
 * Forecasts intermittent series as demand, if that is better on their last windows, and other series by `inner` alone.
 * Each forecast has `demand`: the share of the demand model, 0, 0.5 or 1.
 */
export const demand = forecastPart({
  fields: {
    /** Whether series with at least 24 % zeros are forecast as intermittent demand. Default: false. */
    intermittent: field.flag({ default: false, help: 'forecast series with many zeros as intermittent demand' }),
  },
  wrap: (inner, { intermittent }) => (intermittent ? withDemand(inner) : inner),
});

const withDemand = (inner: TaskForecaster): TaskForecaster => ({
  async forecastAll(tasks, options) {
    const others = tasks.filter(({ values }) => !isIntermittent(values));
    const rest = others.length > 0 ? await inner.forecastAll(others, options) : [];
    const found = new Map(others.map((task, i) => [task, { ...rest[i], demand: 0 }]));
    for (const task of tasks) if (!found.has(task)) found.set(task, await forecastDemand(inner, task, options));
    return tasks.map((task) => found.get(task)!);
  },
});

async function forecastDemand(
  inner: TaskForecaster,
  task: Task,
  options: BaseOptions,
): Promise<Forecast & { demand: number }> {
  const checked = checkOptions(options);
  const y = task.values;
  const horizon = Math.min(checked.horizon, Math.max(1, Math.floor(y.length / 12)));
  const origins = Array.from({ length: WINDOWS }, (_, i) => y.length - (i + 1) * horizon).filter(
    (origin) => origin >= y.length / 2 && y.subarray(0, origin).some((x) => x > 0),
  );
  const pasts = [task, ...origins.map((origin) => taskUntil(task, origin, checked.horizon))];
  const forecasts = await inner.forecastAll(pasts, { ...options, levels: undefined, integer: false, quantiles: GRID });
  const demands = pasts.map(({ values }) => demandOf(values));
  const tables = forecasts.map((forecast) => tableOf(forecast).steps.map((row) => row.map((x) => Math.max(0, x))));
  const rowOf = (i: number, t: number, share: number) =>
    demands[i].quantiles.map((q, k) => share * q + (1 - share) * tables[i][t][k]);
  const errors = SHARES.map((share) =>
    origins.reduce((sum, origin, o) => {
      const rows = Array.from({ length: horizon }, (_, t) => rowOf(o + 1, t, share));
      return sum + gridLoss(y.subarray(origin, origin + horizon), rows);
    }, 0),
  );
  // The mean of both, unless one of them is better.
  const demand = errors[1] <= Math.min(...errors) ? 0.5 : SHARES[errors.indexOf(Math.min(...errors))];
  const steps = Array.from({ length: checked.horizon }, (_, t) => rowOf(0, t, demand));
  const { chance, size } = demands[0];
  const mean = tables[0].map((row) => demand * chance * size + (1 - demand) * meanOf(GRID, row));
  const answer = forecastOf(within({ levels: GRID, steps }, supportOf(y, checked)), checked);
  return { ...forecasts[0], ...answer, mean, demand };
}
