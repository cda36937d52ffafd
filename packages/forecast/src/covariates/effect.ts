/**
 * The part of a series that covariates make, over its past and over the horizon:
 *
 *   zₜ = Σ β (xₜ₋ₗ − x̄)
 *
 * Where x is not known far enough, the forecaster's own forecast of x goes on, and its spread goes into z.
 */
import { mean } from '@mamba-ts/core/math';
import { GRID } from '../quantiles.ts';
import type { SeriesForecaster, Values } from '../types.ts';
import type { Covariate } from './columns.ts';
import { type Group, regress } from './regression.ts';

/** What a covariate adds to each step. */
export interface Part {
  name: string;
  /** z of this covariate: the past, then the horizon. */
  path: Float64Array;
  /** By step ahead, by level of GRID: how far z may lie from the path. Undefined where x is known. */
  spread?: readonly Float64Array[];
}

/** Known covariates act up to so many steps late, past ones from one step on. */
const KNOWN_LAGS = 3;
const PAST_LAGS = 36;
const MIDDLE = GRID.indexOf(0.5);

export interface Regressed {
  covariate: Covariate;
  terms: { lag: number; beta: Float64Array }[];
  /** x̄, by column. */
  centres: number[];
}

/** Which covariates make the series what it is, as its first `origin` values tell; none where none does. */
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
  // What comes late is looked for in numbers; kinds have many columns as it is.
  const most = isKnown ? (columns.length > 1 ? 0 : KNOWN_LAGS) : PAST_LAGS;
  const last = Math.min(most, Math.floor(origin / 4));
  const first = isKnown ? 0 : 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({
    covariate,
    lag: first + i,
    columns: columns.map((column) => late(column, first + i, origin)),
  }));
}

function late(column: Float64Array, lag: number, n: number): Float64Array {
  if (lag === 0) return column.subarray(0, n);
  const shifted = new Float64Array(n).fill(column[0]);
  shifted.set(column.subarray(0, n - lag), lag);
  return shifted;
}

/** One regression and the value that it was read up to. */
export interface Reading {
  regressed: readonly Regressed[];
  origin: number;
}

/** The parts of several readings; what has to be forecast of all of them is forecast at once. */
export async function partsOf(
  forecaster: SeriesForecaster,
  readings: readonly Reading[],
  horizon: number,
): Promise<Part[][]> {
  // Ways of using covariates have columns in common: each is forecast once from each of its ends.
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
    const goesOn = ahead[c];
    const at = (t: number) => (goesOn && t >= goesOn.from ? goesOn.steps[MIDDLE][t - goesOn.from] : column[t]);
    for (const { lag, beta } of terms) {
      for (let t = 0; t < length; t++) path[t] += beta[c] * (at(Math.max(0, t - lag)) - centres[c]);
      if (!goesOn) continue;
      for (let t = Math.max(origin, goesOn.from + lag); t < length; t++) {
        const step = t - lag - goesOn.from;
        GRID.forEach((_, i) => {
          spread[t - origin][i] += beta[c] * (goesOn.steps[i][step] - goesOn.steps[MIDDLE][step]);
        });
      }
    }
  });
  // A negative β turns the order of the quantiles round.
  return { name: covariate.name, path, spread: ahead.length > 0 ? spread.map((row) => row.sort()) : undefined };
}

/** The sum of all parts at each step. */
export function totalOf(parts: readonly Part[], length: number): Float64Array {
  const total = new Float64Array(length);
  for (const { path } of parts) for (let t = 0; t < length; t++) total[t] += path[t];
  return total;
}

/** Quantiles that are further from their middle by what is uncertain in the parts, independent of each other. */
export function widened(values: Values, parts: readonly Part[], step: number): number[] {
  const middle = values[MIDDLE];
  return GRID.map((_, i) => {
    const squares = parts.reduce(
      (sum, { spread }) => sum + (spread ? spread[step][i] ** 2 : 0),
      (values[i] - middle) ** 2,
    );
    return middle + Math.sign(i - MIDDLE) * Math.sqrt(squares);
  });
}
