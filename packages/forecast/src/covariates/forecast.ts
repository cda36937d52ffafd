/**
 * Covariates for a forecaster of single series, by in-context regression (as XReg of TimesFM: Das et al. 2024).
 *
 *   regress first      ŷ = M(y − z) + z              subtracts the effect of covariates, forecasts the rest, adds it back
 *   forecast first     ŷ = M(y) + (z − M(z))         adds the part of the effect that the forecaster could not foresee
 *   product            ŷ = M(y e⁻ᶻ) eᶻ               z of log y: an offer doubles sales, whatever their level
 *
 * M is the forecaster, z the effect of the covariates (effect.ts). All ways are compared with M(y) on the last windows
 * of the past. If none is better, the covariates are dropped, and the result reports it.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { type CheckedOptions, checkOptions } from '../baseOptions.ts';
import { mainSeason } from '../history.ts';
import { gridLoss } from '../metrics/quantileErrors.ts';
import { GRID, tableOf } from '../quantiles.ts';
import { forecastWithin, supportOf } from '../support.ts';
import { hasCovariates, type Task, type TaskForecaster } from '../task.ts';
import type { BaseOptions, CovariateReport, Forecast, SeasonOption, SeriesForecaster } from '../types.ts';
import { type Covariate, covariatesOf } from './columns.ts';
import { type Part, partsOf, type Regressed, regressOn, totalOf, widened } from './effect.ts';
import { COVARIATE_MODES, type CovariateMode } from './modes.ts';

/** Windows of the past that ways are tried on. */
const WINDOWS = 4;
/** The smallest gain for a covariate that has to be forecast, and for another way than the first. */
const MIN_GAIN = 0.02;
/** Effects as factors are between e⁻⁴ and e⁴. */
const MAX_LOG = 4;

/** How covariates are used. Without a mode, they are not. */
interface Way {
  mode?: CovariateMode;
  covariates: readonly Covariate[];
}

interface Answer {
  steps: number[][];
  parts: Part[];
}

/** Forecasts of tasks with their covariates. Tasks without covariates are forecast in one call. */
export const withCovariates = (forecaster: SeriesForecaster, mode?: CovariateMode): TaskForecaster => ({
  async forecastAll(tasks, options) {
    const plain = tasks.filter((task) => !hasCovariates(task));
    const values = plain.map((task) => task.values);
    const forecasts = plain.length > 0 ? await forecaster.forecastAll(values, options) : [];
    const found = new Map(plain.map((task, i) => [task, forecasts[i]]));
    for (const task of tasks) {
      if (!found.has(task)) found.set(task, await forecastOne(forecaster, task, options, mode));
    }
    return tasks.map((task) => found.get(task)!);
  },
});

async function forecastOne(
  forecaster: SeriesForecaster,
  task: Task,
  options: BaseOptions,
  mode: CovariateMode | undefined,
): Promise<Forecast & { covariates: CovariateReport }> {
  const checked = checkOptions(options);
  const y = task.values;
  const covariates = covariatesOf(task, checked.horizon);
  const context: Context = {
    name: task.name,
    forecaster,
    y,
    options: checked,
    given: options.season,
    season: mainSeason(y, checked.season),
    logs: logarithm(y),
    regressions: new Map(),
  };
  const { way, gain } = await bestWay(context, covariates, mode);
  const names = covariates.map(({ name }) => name);
  if (way.mode === undefined) {
    const [forecast] = await forecaster.forecastAll([y], options);
    return { ...forecast, covariates: { used: [], dropped: names, beyond: [], gain, effect: {} } };
  }
  const [[{ steps, parts }]] = await answers(context, [way], [y.length], checked.horizon);
  const used = parts.map(({ name }) => name);
  return {
    ...forecastWithin({ levels: GRID, steps }, supportOf(y, checked), checked),
    covariates: {
      used,
      dropped: names.filter((name) => !used.includes(name)),
      beyond: covariates.filter(({ name, isBeyond }) => isBeyond && used.includes(name)).map(({ name }) => name),
      mode: way.mode,
      gain,
      effect: Object.fromEntries(parts.map(({ name, path }) => [name, effectOf(path, y.length, way.mode)])),
    },
  };
}

interface Context {
  /** What errors call the series. */
  name: string;
  forecaster: SeriesForecaster;
  y: Float64Array;
  options: CheckedOptions;
  /** The option as it was given. */
  given: SeasonOption | undefined;
  /** The season that regressions use, in steps. */
  season: number;
  /** log y, if all values are positive. */
  logs?: Float64Array;
  /** Regressions by their data: several ways share them. */
  regressions: Map<string, Regressed[]>;
}

function regressed(context: Context, { mode, covariates }: Way, origin: number): Regressed[] {
  const y = mode === 'product' ? context.logs : context.y;
  if (mode === undefined || y === undefined) return [];
  // One of the two sets contains the other, so their sizes tell them apart.
  const key = `${mode === 'product'} ${covariates.length} ${origin}`;
  const found = context.regressions.get(key) ?? regressOn(y, covariates, origin, context.season);
  context.regressions.set(key, found);
  return found;
}

/** Undefined where a value has no logarithm. */
const logarithm = (y: Float64Array): Float64Array | undefined =>
  y.every((x) => Number.isNaN(x) || x > 0) ? y.map((x) => Math.log(x)) : undefined;

const effectOf = (path: Float64Array, n: number, mode?: CovariateMode): number[] =>
  Array.from(path.subarray(n), (z) => (mode === 'product' ? Math.exp(z) : z));

/** The way with the smallest error on the last windows. */
async function bestWay(
  context: Context,
  covariates: readonly Covariate[],
  mode?: CovariateMode,
): Promise<{ way: Way; gain?: number }> {
  const ways = waysOf(context, covariates, mode);
  const none: Way = { covariates: [] };
  if (ways.length === 0) return { way: none };
  const { length } = context.y;
  const horizon = Math.min(context.options.horizon, Math.max(1, Math.floor(length / 10)));
  const origins = Array.from({ length: WINDOWS }, (_, i) => length - (i + 1) * horizon).filter(
    (origin) => origin >= Math.max(20, length / 2),
  );
  // Too short to hold anything out: known covariates are used as the regression says.
  if (origins.length === 0) return { way: ways.find((one) => one.covariates.every(({ isKnown }) => isKnown)) ?? none };
  const tried = await answers(context, [none, ...ways], origins, horizon);
  const errors = [none, ...ways].map((_, w) =>
    origins.reduce(
      (sum, origin, o) => sum + gridLoss(context.y.subarray(origin, origin + horizon), tried[o][w].steps),
      0,
    ),
  );
  let [best, smallest] = [none, errors[0]];
  ways.forEach((way, i) => {
    const isFirst = best === none && way.covariates.every(({ isKnown }) => isKnown);
    if (errors[i + 1] < smallest * (isFirst ? 1 : 1 - MIN_GAIN)) [best, smallest] = [way, errors[i + 1]];
  });
  return { way: best, gain: errors[0] > 0 ? 1 - smallest / errors[0] : 0 };
}

/** Known covariates alone, then all covariates, each in all modes that are possible. */
function waysOf(context: Context, covariates: readonly Covariate[], mode?: CovariateMode): Way[] {
  const known = covariates.filter(({ isKnown }) => isKnown);
  const sets = known.length > 0 && known.length < covariates.length ? [known, covariates] : [covariates];
  const modes = mode === undefined ? COVARIATE_MODES : [mode];
  if (mode === 'product' && !context.logs) {
    throw new UsageError(
      'forecast',
      `mode is 'product' and ${context.name} has values of 0 or less, expected positive values. Use 'regress-first'.`,
    );
  }
  return sets.flatMap((set, i) =>
    modes.flatMap((candidate) => {
      const way: Way = { mode: candidate, covariates: set };
      const used = regressed(context, way, context.y.length);
      // The larger set counts only if it adds a past covariate.
      const isNew = i === 0 || used.some(({ covariate }) => !covariate.isKnown);
      return used.length > 0 && isNew ? [way] : [];
    }),
  );
}

/** The forecast of each way from each origin: by origin, then by way. */
async function answers(
  context: Context,
  ways: readonly Way[],
  origins: readonly number[],
  horizon: number,
): Promise<Answer[][]> {
  const { forecaster, y, given } = context;
  const options = { horizon, quantiles: GRID, nonNegative: false, season: given };
  const tasks = origins.flatMap((origin) => ways.map((way) => ({ origin, way })));
  const readings = tasks.map(({ origin, way }) => ({ regressed: regressed(context, way, origin), origin }));
  const parts = await partsOf(forecaster, readings, horizon);
  const totals = tasks.map(({ origin }, i) => totalOf(parts[i], origin + horizon));
  const inputs = tasks.map(({ origin, way: { mode } }, i) => inputsOf(y.subarray(0, origin), totals[i], mode));
  const forecasts = await forecaster.forecastAll(inputs.flat(), options);
  let next = 0;
  const all = tasks.map(({ origin, way: { mode } }, i): Answer => {
    const [own, foreseen] = inputs[i].map(() => forecasts[next++]);
    const steps = tableOf(own).steps.map((row, t) => {
      const z = totals[i][origin + t];
      if (mode === 'product') return productOf(row, parts[i], t, z);
      return widened(row, parts[i], t).map((x) => x + z - (foreseen ? foreseen.median[t] : 0));
    });
    return { steps, parts: parts[i] };
  });
  return origins.map((_, o) => all.slice(o * ways.length, (o + 1) * ways.length));
}

/** The series that the forecaster reads for a way: one, or two. */
function inputsOf(y: Float64Array, z: Float64Array, mode?: CovariateMode): Float64Array[] {
  if (mode === undefined) return [y];
  if (mode === 'forecast-first') return [y, z.slice(0, y.length)];
  return [y.map((x, t) => (mode === 'product' ? x * Math.exp(-limited(z[t])) : x - z[t]))];
}

const limited = (log: number): number => Math.max(-MAX_LOG, Math.min(MAX_LOG, log));

/** The product with its effect. Uncertain effects widen it on the log scale, if all its values are positive. */
function productOf(row: readonly number[], parts: readonly Part[], t: number, z: number): number[] {
  const factor = Math.exp(limited(z));
  const wide =
    row.every((x) => x > 0) && parts.some(({ spread }) => spread)
      ? widened(row.map(Math.log), parts, t).map(Math.exp)
      : row;
  return wide.map((x) => x * factor);
}
