/**
 * The effect of covariates on a series: a regression with autoregressive errors (Cochrane & Orcutt 1949).
 *
 *   yₜ = β·xₜ + rₜ        φ(B) rₜ = εₜ        φ(B) yₜ = β·φ(B) xₜ + εₜ
 *
 * φ has the last two steps and those of a season ago. The filter φ(B) removes what two random walks, or two series with
 * the same season, have in common, and leaves nearly independent errors, so the leave-one-out error measures the worth
 * of covariates. Columns are added one at a time, as long as they lower the error by more than chance would (Chen & Chen
 * 2008); a ridge then shrinks their coefficients.
 */
import { choleskySolve, dot } from '@mamba-ts/core/math';
import { withoutGaps } from '../gaps.ts';
import { gramOf, mix, ridgeByLeavingOut } from './linear.ts';

/** Columns that are added together: a covariate at a lag. */
export interface Group {
  covariate: number;
  lag: number;
  /** As long as the series. */
  columns: readonly Float64Array[];
}

/** The groups that were chosen, and their coefficients. */
export interface Regression {
  groups: readonly Group[];
  /** By group, by column: units of the series for one unit of the covariate. */
  beta: readonly Float64Array[];
  /** The share of the squared error, one step ahead, that the covariates remove. */
  gain: number;
}

/** Only the last rows are read: older ones may follow other rules. */
const MAX_ROWS = 2048;
const MIN_ROWS = 12;
const MAX_CANDIDATES = 40;
const MAX_COLUMNS = 32;
/** Estimates of φ and β in turn. */
const ROUNDS = 3;

/**
 * The regression of a series on the groups that help; undefined if none does.
 *
 * @param y NaN where a value is missing
 * @param season in steps; 1: none
 */
export function regress(y: Float64Array, groups: readonly Group[], season: number): Regression | undefined {
  const start = Math.max(0, y.length - MAX_ROWS);
  const observed = y.subarray(start);
  const whole = withoutGaps(observed);
  const cut: Group[] = groups.map((group) => ({
    ...group,
    columns: group.columns.map((column) => column.subarray(start)),
  }));
  let found: Regression | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const rest = whole.slice();
    found?.groups.forEach((group, i) => {
      const part = mix(group.columns, found!.beta[i], rest.length);
      for (let t = 0; t < rest.length; t++) rest[t] -= part[t];
    });
    const filter = filterOf(rest, observed, season);
    if (filter.rows.length < MIN_ROWS) return undefined;
    found = estimate(whole, cut, filter);
    if (!found) return undefined;
  }
  // The groups as they were given, with whole columns.
  return found && { ...found, groups: found.groups.map((group) => groups[cut.indexOf(group)]) };
}

/** φ(B). */
interface Filter {
  lags: number[];
  phi: Float64Array;
  /** Steps with an observed value and all values that the filter needs. */
  rows: Int32Array;
}

/** Estimates φ by least squares. */
function filterOf(rest: Float64Array, observed: Float64Array, season: number): Filter {
  const n = rest.length;
  const lags = n < 24 ? [1] : season > 2 && n >= 3 * season + 8 ? [1, 2, season, season + 1] : [1, 2];
  const first = lags[lags.length - 1];
  const rows = Int32Array.from({ length: Math.max(0, n - first) }, (_, i) => i + first).filter(
    (t) => !Number.isNaN(observed[t]),
  );
  const columns = lags.map((lag) => centred(Float64Array.from(rows, (t) => rest[t - lag])));
  const target = centred(Float64Array.from(rows, (t) => rest[t]));
  const G = gramOf(columns);
  G.forEach((row, i) => {
    row[i] *= 1 + 1e-6;
  });
  return {
    lags,
    phi: choleskySolve(
      G,
      columns.map((column) => dot(column, target)),
    ),
    rows,
  };
}

/** The innovations ε of a series: what its own past does not explain. NaN where they are unknown. */
export function innovations(y: Float64Array, season: number): Float64Array {
  const whole = withoutGaps(y);
  const filter = filterOf(whole, y, season);
  const found = new Float64Array(y.length).fill(Number.NaN);
  const white = filtered(whole, filter);
  filter.rows.forEach((t, i) => {
    found[t] = white[i];
  });
  return found;
}

/** φ(B) x at the rows, with mean 0. */
function filtered(x: Float64Array, { lags, phi, rows }: Filter): Float64Array {
  const white = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) white[i] = x[rows[i]];
  lags.forEach((lag, k) => {
    for (let i = 0; i < rows.length; i++) white[i] -= phi[k] * x[rows[i] - lag];
  });
  return centred(white);
}

/** Subtracts the mean, in place. */
function centred(x: Float64Array): Float64Array {
  let mean = 0;
  for (let t = 0; t < x.length; t++) mean += x[t] / x.length;
  for (let t = 0; t < x.length; t++) x[t] -= mean;
  return x;
}

/** A group behind the filter. */
interface White {
  group: Group;
  /** Filtered, with a mean square of 1. */
  columns: Float64Array[];
  scales: number[];
}

function estimate(y: Float64Array, groups: readonly Group[], filter: Filter): Regression | undefined {
  const target = filtered(y, filter);
  const candidates = groups.map((group) => whitened(group, filter)).filter(({ columns }) => columns.length > 0);
  const chosen = choose(target, mostCorrelated(target, candidates), candidates.length);
  if (chosen.length === 0) return undefined;
  const ridge = ridgeByLeavingOut(
    chosen.flatMap(({ columns }) => columns),
    target,
  );
  let at = 0;
  const beta = chosen.map(({ scales }) =>
    Float64Array.from(scales, (scale) => (scale > 0 ? ridge.beta[at++] / scale : 0)),
  );
  return { groups: chosen.map(({ group }) => group), beta, gain: 1 - ridge.error / ridge.errorWithout };
}

/** Filters the columns of a group. Columns that become 0 have the scale 0 and are left out. */
function whitened(group: Group, filter: Filter): White {
  const all = group.columns.map((column) => ({ raw: column, white: filtered(column, filter) }));
  const scales = all.map(({ raw, white }) => {
    const scale = Math.sqrt(dot(white, white) / white.length);
    const size = Math.sqrt(dot(raw, raw) / raw.length);
    return scale > 1e-6 * size ? scale : 0;
  });
  const columns = all.flatMap(({ white }, i) => (scales[i] > 0 ? [white.map((x) => x / scales[i])] : []));
  return { group, columns, scales };
}

/** The candidates that explain most on their own: as many as the search can try. */
function mostCorrelated(y: Float64Array, candidates: White[]): White[] {
  if (candidates.length <= MAX_CANDIDATES) return candidates;
  const score = ({ columns }: White) => columns.reduce((sum, column) => sum + dot(column, y) ** 2, 0) / columns.length;
  const scores = new Map(candidates.map((candidate) => [candidate, score(candidate)]));
  return [...candidates].sort((a, b) => scores.get(b)! - scores.get(a)!).slice(0, MAX_CANDIDATES);
}

/** Forward selection by the extended BIC: n log(error before / after) > columns · (log n + 2 log candidates). */
function choose(y: Float64Array, candidates: readonly White[], searched: number): White[] {
  const n = y.length;
  const columns = candidates.flatMap((candidate) => candidate.columns);
  const G = gramOf(columns);
  const b = columns.map((column) => dot(column, y));
  const places = placesOf(candidates);
  const total = dot(y, y);
  const errorOf = (picked: readonly number[]) => {
    const index = picked.flatMap((i) => places[i]);
    const A = index.map((i) => Float64Array.from(index, (j) => G[i][j] + (i === j ? 1e-6 * n : 0)));
    const right = index.map((i) => b[i]);
    return Math.max(1e-12 * total, total - dot(choleskySolve(A, right), right));
  };
  const cost = Math.log(n) + 2 * Math.log(Math.max(1, searched));
  const picked: number[] = [];
  const most = Math.min(MAX_COLUMNS, Math.floor(n / 4));
  let error = total;
  for (let count = 0; total > 0; ) {
    let best: { i: number; worth: number; error: number } | undefined;
    for (let i = 0; i < candidates.length; i++) {
      if (picked.includes(i) || count + places[i].length > most) continue;
      const after = errorOf([...picked, i]);
      const worth = n * Math.log(error / after) - places[i].length * cost;
      if (worth > (best?.worth ?? 0)) best = { i, worth, error: after };
    }
    if (!best) break;
    picked.push(best.i);
    count += places[best.i].length;
    error = best.error;
  }
  return picked.map((i) => candidates[i]);
}

/** The indices of the columns of each candidate. */
function placesOf(candidates: readonly White[]): number[][] {
  let next = 0;
  return candidates.map(({ columns }) => columns.map(() => next++));
}
