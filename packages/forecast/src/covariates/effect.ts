/**
 * The part of a series that covariates explain, over its past and over the horizon:
 *
 *   zₜ = Σ β (xₜ₋ₗ − x̄)
 *
 * Where x is not known, the forecaster's forecast of x is used, and its spread widens z.
 */
import { mean } from '@mamba-ts/core/math';
import { GRID } from '../quantiles.ts';
import type { SeriesForecaster, Values } from '../types.ts';
import type { Covariate } from './columns.ts';
import { type Group, regress } from './regression.ts';

/** The effect of one covariate on each step. */
export interface Part {
  name: string;
  /** z of this covariate: the past, then the horizon. */
  path: Float64Array;
  /** By step ahead, by level of GRID: the quantiles of z, as differences from the path. Undefined where x is known. */
  spread?: readonly Float64Array[];
}

/** The largest lag of known covariates, whose lags start at 0. */
const MAX_KNOWN_LAG = 3;
/** The largest lag of past covariates, whose lags start at 1. */
const MAX_PAST_LAG = 36;
const MEDIAN = GRID.indexOf(0.5);

/** A covariate with its coefficients. */
export interface Regressed {
  covariate: Covariate;
  terms: { lag: number; beta: Float64Array }[];
  /** x̄, by column. */
  centres: number[];
}

/** The covariates that explain the first `origin` values of a series; empty if none does. */
export function regressOn(
  y: Float64Array,
  covariates: readonly Covariate[],
  origin: number,
  season: number,
): Regressed[] {
  const groups = covariates.flatMap((covariate, i) => groupsOf(covariate, i, origin));
  const found = groups.length > 0 ? regress(y.subarray(0, origin), groups, season) : undefined;
  if (!found) return [];
  return covariates.flatMap((covariate, i) => {
    const terms = found.groups.flatMap((group, k) =>
      group.covariate === i ? [{ lag: group.lag, beta: found.beta[k] }] : [],
    );
    const centres = covariate.columns.map((column) => mean(column.subarray(0, origin)));
    return terms.length > 0 ? [{ covariate, terms, centres }] : [];
  });
}

function groupsOf({ isKnown, columns }: Covariate, covariate: number, origin: number): Group[] {
  if (columns.length === 0) return [];
  // Only numbers have lags: kinds have many columns already.
  const longest = isKnown ? (columns.length > 1 ? 0 : MAX_KNOWN_LAG) : MAX_PAST_LAG;
  const last = Math.min(longest, Math.floor(origin / 4));
  const first = isKnown ? 0 : 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({
    covariate,
    lag: first + i,
    columns: columns.map((column) => late(column, first + i, origin)),
  }));
}

/** The column, `lag` steps later. */
function late(column: Float64Array, lag: number, n: number): Float64Array {
  if (lag === 0) return column.subarray(0, n);
  const shifted = new Float64Array(n).fill(column[0]);
  shifted.set(column.subarray(0, n - lag), lag);
  return shifted;
}

/** A regression on the first `origin` values. */
export interface Reading {
  regressed: readonly Regressed[];
  origin: number;
}

/** The parts of several readings. All covariates that have to be forecast are forecast in one call. */
export async function partsOf(
  forecaster: SeriesForecaster,
  readings: readonly Reading[],
  horizon: number,
): Promise<Part[][]> {
  // Several readings use the same columns: each column is forecast once for each of its ends.
  const pasts: Float64Array[] = [];
  const places = new Map<Float64Array, Map<number, number>>();
  let longest = 0;
  const placeOf = (column: Float64Array, known: number, until: number): number => {
    longest = Math.max(longest, until - known);
    const ends = places.get(column) ?? new Map<number, number>();
    places.set(column, ends);
    const place = ends.get(known) ?? pasts.push(column.subarray(0, known)) - 1;
    ends.set(known, place);
    return place;
  };
  const gaps = readings.map(({ regressed, origin }) =>
    regressed.map(({ covariate: { columns, until, isKnown } }) => {
      const known = isKnown ? until : Math.min(until, origin);
      const end = origin + horizon;
      return known < end ? columns.map((column) => placeOf(column, known, end)) : [];
    }),
  );
  const options = { horizon: longest, quantiles: GRID, nonNegative: false };
  const forecasts = pasts.length > 0 ? await forecaster.forecastAll(pasts, options) : [];
  const ahead = forecasts.map(({ quantiles }, i) => ({ from: pasts[i].length, steps: GRID.map((p) => quantiles[p]) }));
  return readings.map(({ regressed, origin }, r) =>
    regressed.map((one, i) =>
      partOf(
        one,
        origin + horizon,
        origin,
        gaps[r][i].map((place) => ahead[place]),
      ),
    ),
  );
}

interface Ahead {
  from: number;
  /** By level, then by step. */
  steps: number[][];
}

function partOf(
  { covariate, terms, centres }: Regressed,
  length: number,
  origin: number,
  ahead: readonly Ahead[],
): Part {
  const path = new Float64Array(length);
  const spread = Array.from({ length: length - origin }, () => new Float64Array(GRID.length));
  covariate.columns.forEach((column, c) => {
    const future = ahead[c];
    const at = (t: number) => (future && t >= future.from ? future.steps[MEDIAN][t - future.from] : column[t]);
    for (const { lag, beta } of terms) {
      for (let t = 0; t < length; t++) path[t] += beta[c] * (at(Math.max(0, t - lag)) - centres[c]);
      if (!future) continue;
      for (let t = Math.max(origin, future.from + lag); t < length; t++) {
        const step = t - lag - future.from;
        GRID.forEach((_, i) => {
          spread[t - origin][i] += beta[c] * (future.steps[i][step] - future.steps[MEDIAN][step]);
        });
      }
    }
  });
  // A negative β reverses the order of the quantiles.
  return { name: covariate.name, path, spread: ahead.length > 0 ? spread.map((row) => row.sort()) : undefined };
}

/** The sum of all parts at each step. */
export function totalOf(parts: readonly Part[], length: number): Float64Array {
  const total = new Float64Array(length);
  for (const { path } of parts) for (let t = 0; t < length; t++) total[t] += path[t];
  return total;
}

/** Quantiles, widened around their median by the spreads of the parts, which count as independent. */
export function widened(values: Values, parts: readonly Part[], step: number): number[] {
  const median = values[MEDIAN];
  return GRID.map((_, i) => {
    const squares = parts.reduce(
      (sum, { spread }) => sum + (spread ? spread[step][i] ** 2 : 0),
      (values[i] - median) ** 2,
    );
    return median + Math.sign(i - MEDIAN) * Math.sqrt(squares);
  });
}
