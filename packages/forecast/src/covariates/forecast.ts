/**
 * Covariates for a forecaster of single series, by regression in context (as TimesFM's XReg: Das et al. 2024).
 *
 *   regress first      ŷ = M(y − z) + z              what covariates explain is taken out, then put back
 *   forecast first     ŷ = M(y) + (z − M(z))         what the forecaster could not foresee of it is added
 *   product            ŷ = M(y e⁻ᶻ) eᶻ               z of log y: an offer doubles sales, whatever they are
 *
 * M is the forecaster, z the covariates' part of the series (effect.ts). All ways are tried on the last windows of
 * the past against M(y) alone; if none is better, the covariates are dropped, and the result says so.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { mainSeason } from '../history.ts';
import { gridLoss } from '../metrics/quantileErrors.ts';
import { type CheckedOptions, COVARIATE_MODES, type CovariateMode, checkOptions } from '../options.ts';
import { GRID, tableOf } from '../quantiles.ts';
import { forecastWithin, supportOf } from '../support.ts';
import { hasCovariates, type Task, type TaskForecaster } from '../task.ts';
import type { BaseOptions, CovariateReport, Forecast, SeasonOption, SeriesForecaster } from '../types.ts';
import { type Covariate, covariatesOf } from './columns.ts';
import { type Part, partsOf, type Regressed, regressOn, totalOf, widened } from './effect.ts';

/** Windows of the past that ways are tried on. */
const WINDOWS = 4;
/** Parts of the error: what a covariate that has to be forecast must gain, and another way than the first. */
const LEAST_GAIN = 0.02;
/** Effects as factors stay below e to this. */
const MOST_LOG = 4;

/** How covariates are used; without a mode: not at all. */
interface Way {
  mode?: CovariateMode;
  covariates: readonly Covariate[];
}

interface Answer {
  steps: number[][];
  parts: Part[];
}

/** Forecasts of tasks, each with its covariates; tasks without any are left to the forecaster, all in one call. */
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
  forecaster: SeriesForecaster;
  y: Float64Array;
  options: CheckedOptions;
  /** The season as it was given, and the one that regressions use. */
  given: SeasonOption | undefined;
  season: number;
  /** log y, where there is one. */
  logs?: Float64Array;
  /** Regressions by what they read: ways have them in common. */
  regressions: Map<string, Regressed[]>;
}

function regressed(context: Context, { mode, covariates }: Way, origin: number): Regressed[] {
  const y = mode === 'product' ? context.logs : context.y;
  if (mode === undefined || y === undefined) return [];
  // Of two sets, one holds the other: their sizes differ.
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

/** The way with the least error on the last windows. */
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
  // Too short to hold anything out: what is known ahead has the word of the regression.
  if (origins.length === 0) return { way: ways.find((one) => one.covariates.every(({ isKnown }) => isKnown)) ?? none };
  const tried = await answers(context, [none, ...ways], origins, horizon);
  const errors = [none, ...ways].map((_, w) =>
    origins.reduce(
      (sum, origin, o) => sum + gridLoss(context.y.subarray(origin, origin + horizon), tried[o][w].steps),
      0,
    ),
  );
  let [best, least] = [none, errors[0]];
  ways.forEach((way, i) => {
    const isFirst = best === none && way.covariates.every(({ isKnown }) => isKnown);
    if (errors[i + 1] < least * (isFirst ? 1 : 1 - LEAST_GAIN)) [best, least] = [way, errors[i + 1]];
  });
  return { way: best, gain: errors[0] > 0 ? 1 - least / errors[0] : 0 };
}

/** With what is known ahead alone, then with all; for each the modes that can be. */
function waysOf(context: Context, covariates: readonly Covariate[], mode?: CovariateMode): Way[] {
  const known = covariates.filter(({ isKnown }) => isKnown);
  const sets = known.length > 0 && known.length < covariates.length ? [known, covariates] : [covariates];
  const modes = mode === undefined ? COVARIATE_MODES : [mode];
  if (mode === 'product' && !context.logs) {
    throw new UsageError(
      'forecast',
      "mode is 'product' and the series has values of 0 or less, expected only larger ones. Take 'regress-first'.",
    );
  }
  return sets.flatMap((set, i) =>
    modes.flatMap((one) => {
      const way: Way = { mode: one, covariates: set };
      const used = regressed(context, way, context.y.length);
      // The larger set is a way of its own only where it adds a covariate that is not known.
      const isNew = i === 0 || used.some(({ covariate }) => !covariate.isKnown);
      return used.length > 0 && isNew ? [way] : [];
    }),
  );
}

/** What each way says from each origin: by origin, then by way. */
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

/** What the forecaster reads for a way: one series, or two. */
function inputsOf(y: Float64Array, z: Float64Array, mode?: CovariateMode): Float64Array[] {
  if (mode === undefined) return [y];
  if (mode === 'forecast-first') return [y, z.slice(0, y.length)];
  return [y.map((x, t) => (mode === 'product' ? x * Math.exp(-limited(z[t])) : x - z[t]))];
}

const limited = (log: number): number => Math.max(-MOST_LOG, Math.min(MOST_LOG, log));

/** Spreads of log effects widen a product on the scale of logarithms, where it has one. */
function productOf(row: readonly number[], parts: readonly Part[], t: number, z: number): number[] {
  const factor = Math.exp(limited(z));
  const wide =
    row.every((x) => x > 0) && parts.some(({ spread }) => spread)
      ? widened(row.map(Math.log), parts, t).map(Math.exp)
      : row;
  return wide.map((x) => x * factor);
}
