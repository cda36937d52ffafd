/**
 * Sample paths: futures that could happen, so that sums, maxima and dates of crossing have honest intervals.
 *
 *   z₁ = ε₁        zₕ = rₕ zₕ₋₁ + √(1 − rₕ²) εₕ        yₕ = Qₕ(Φ(zₕ))        ε ~ N(0, 1)
 *
 * A Gaussian copula (Sklar 1959): the quantiles Qₕ are those of the forecast, and r says how errors persist from step
 * to step. r is the correlation of neighbouring errors of forecasts of past windows. Few of them are mixed with what
 * the widths s of the forecast say, if each step adds an equal variance: rₕ² = 1 − s₁² / sₕ². For each step, the ranks
 * of the paths are kept and their values are spread evenly over Qₕ, so that they have exactly its quantiles.
 */
import { normalQuantile } from '@mamba-ts/core/math';
import { Random } from '@mamba-ts/core/random';
import { field } from '@mamba-ts/core/schema';
import { type CheckedOptions, checkOptions, withLevelBounds } from './baseOptions.ts';
import { rising } from './levels.ts';
import { forecastOf, GRID, type QuantileTable, quantileAt, tableOf } from './quantiles.ts';
import { type Support, supportOf, within } from './support.ts';
import { type Task, type TaskForecaster, taskUntil } from './task.ts';
import type { Forecast, Values } from './types.ts';

const MAX_SAMPLES = 10_000;

/** The options of sample paths. */
export const sampleFields = {
  /** Number of sample paths, up to 10,000. Default: none. */
  samples: field.optional(
    field.whole({ min: 1, max: MAX_SAMPLES, help: 'sample paths in a .json file', placeholder: '<n>' }),
  ),
  /** The seed of the sample paths. Default: 0. */
  seed: field.whole({ min: 0, default: 0, help: 'seed of the sample paths. Default: 0.' }),
};

/** Past windows whose errors are measured, and the values that a window has to leave before it. */
const WINDOWS = 6;
const MIN_PAST = 12;
/** Pairs of neighbouring errors that count as much as the widths of the forecast. */
const PRIOR_PAIRS = 16;
/** Errors count as at most this many deviations. */
const MAX_ERROR = 3;
const [MIN_PERSISTENCE, MAX_PERSISTENCE] = [-0.5, 0.995];

interface SampleOptions extends Omit<Support, 'integer'> {
  readonly samples?: number;
  readonly seed: number;
}

/** Forecasts with sample paths if `samples` is given. */
export function withSamples(inner: TaskForecaster, { samples, seed, ...bounds }: SampleOptions): TaskForecaster {
  if (samples === undefined) return inner;
  return {
    async forecastAll(tasks, options) {
      const checked = checkOptions(options);
      const quantiles = rising([...GRID, ...withLevelBounds(checked).quantiles]);
      const forecasts = await inner.forecastAll(tasks, { ...options, levels: undefined, quantiles });
      const answers: Forecast[] = [];
      for (const [i, task] of tasks.entries()) {
        const table = tableOf(forecasts[i]);
        const measured = await measuredErrors(inner, task, checked);
        const paths = drawPaths(table, samples, persistence(table, measured), streamOf(task, seed));
        answers.push({
          ...forecasts[i],
          ...forecastOf(table, checked),
          mean: forecasts[i].mean,
          samples: inside(paths, task.values, checked, bounds),
        });
      }
      return answers;
    },
  };
}

/** The random stream of a series: it depends on its values, so that a series alone has the same paths as among others. */
const streamOf = ({ values }: Task, seed: number): Random =>
  new Random(seed).fork(`paths ${values.length} ${values.subarray(-8).join()}`);

/** Errors of past windows in deviations, window by window; NaN where a value is missing. */
async function measuredErrors(inner: TaskForecaster, task: Task, options: CheckedOptions): Promise<number[][]> {
  const { values } = task;
  const horizon = Math.min(options.horizon, Math.max(2, Math.floor(values.length / MIN_PAST)));
  const origins = Array.from({ length: WINDOWS }, (_, i) => values.length - (i + 1) * horizon).filter(
    (origin) => origin >= MIN_PAST && values.subarray(0, origin).some((x) => !Number.isNaN(x)),
  );
  if (origins.length === 0) return [];
  const { season, nonNegative } = options;
  const forecasts = await inner.forecastAll(
    origins.map((origin) => taskUntil(task, origin, horizon)),
    { horizon, season, nonNegative, quantiles: GRID },
  );
  return forecasts.map((forecast, w) => {
    const { levels, steps } = tableOf(forecast);
    return steps.map((row, t) => deviationOf(levels, row, values[origins[w] + t]));
  });
}

/** z with Q(Φ(z)) = y. In an atom, the middle of it. */
function deviationOf(levels: readonly number[], row: Values, y: number): number {
  if (Number.isNaN(y)) return Number.NaN;
  const last = levels.length - 1;
  const z = (i: number) => normalQuantile(levels[i]);
  let [low, high] = [0, last];
  while (low < last && row[low] < y) low++;
  while (high > 0 && row[high] > y) high--;
  // Now row[low] ≥ y, unless y is above all, and row[high] ≤ y, unless it is below all.
  if (row[low] < y) return MAX_ERROR;
  if (row[high] > y) return -MAX_ERROR;
  if (high >= low) return (z(low) + z(high)) / 2;
  return z(high) + ((z(low) - z(high)) * (y - row[high])) / (row[low] - row[high]);
}

/** r of each step; that of the first has no meaning. */
function persistence({ levels, steps }: QuantileTable, errors: readonly (readonly number[])[]): number[] {
  let [products, squares, pairs] = [0, 0, 0];
  for (const window of errors) {
    for (let t = 1; t < window.length; t++) {
      const [before, now] = [window[t - 1], window[t]];
      if (Number.isNaN(before) || Number.isNaN(now)) continue;
      products += before * now;
      squares += (before * before + now * now) / 2;
      pairs++;
    }
  }
  const measured = squares > 0 ? products / squares : 0;
  const share = pairs / (pairs + PRIOR_PAIRS);
  const widths = steps.map((row) => quantileAt(levels, row, 0.9) - quantileAt(levels, row, 0.1));
  return widths.map((width) => {
    const expected = width > 0 ? Math.sqrt(Math.max(0, 1 - (widths[0] / width) ** 2)) : 0;
    const mixed = share * measured + (1 - share) * expected;
    return Math.min(MAX_PERSISTENCE, Math.max(MIN_PERSISTENCE, mixed));
  });
}

/** (samples, steps) */
function drawPaths(
  { levels, steps }: QuantileTable,
  samples: number,
  r: readonly number[],
  random: Random,
): number[][] {
  const z = Float64Array.from({ length: samples }, () => random.normal());
  const paths = Array.from({ length: samples }, () => new Array<number>(steps.length));
  const order = Uint32Array.from(z, (_, j) => j);
  const probabilities = Array.from(z, (_, rank) => (rank + 0.5) / samples);
  steps.forEach((row, t) => {
    if (t > 0) for (let j = 0; j < samples; j++) z[j] = r[t] * z[j] + Math.sqrt(1 - r[t] ** 2) * random.normal();
    order.sort((a, b) => z[a] - z[b]);
    probabilities.forEach((p, rank) => {
      paths[order[rank]][t] = quantileAt(levels, row, p);
    });
  });
  return paths;
}

/** Paths within the bounds of the values, and whole where values are. */
function inside(
  paths: readonly number[][],
  values: Values,
  options: CheckedOptions,
  bounds: Omit<Support, 'integer'>,
): number[][] {
  const support = supportOf(values, options);
  const lower = Math.max(bounds.lower ?? -Infinity, support.lower ?? -Infinity);
  const { steps } = within({ levels: [], steps: paths }, { ...support, ...bounds, lower });
  return steps.map((path) => Array.from(path));
}
