/**
 * What covariates do to a series: a regression whose errors are autoregressive (Cochrane & Orcutt 1949).
 *
 *   yₜ = β·xₜ + rₜ        φ(B) rₜ = εₜ        φ(B) yₜ = β·φ(B) xₜ + εₜ
 *
 * φ has the last two steps and those of a season ago. Two series that merely wander, or have a season in common, are
 * no longer alike behind φ(B), and the errors there are nearly independent: so leaving one out at a time measures
 * what covariates are worth. Columns come in one by one where they lower the error by more than chance would
 * (Chen & Chen 2008); a ridge then shrinks what is left.
 */
import { choleskySolve, dot } from '@mamba-ts/core/math';
import { withoutGaps } from '../gaps.ts';
import { gramOf, mix, ridgeByLeavingOut } from './linear.ts';

/** Columns that come in together: a covariate at a lag. */
export interface Group {
  covariate: number;
  lag: number;
  /** As long as the series. */
  columns: readonly Float64Array[];
}

export interface Regression {
  groups: readonly Group[];
  /** By group, by column, in units of the series a unit of the covariate. */
  beta: readonly Float64Array[];
  /** Share of the squared error, a step ahead, that the covariates take away. */
  gain: number;
}

/** The last rows that are read: what was true further back may no longer be. */
const MOST_ROWS = 2048;
const FEWEST_ROWS = 12;
const MOST_CANDIDATES = 40;
const MOST_COLUMNS = 32;
const ROUNDS = 3;

/** `y` may have gaps; `season`: steps, 1 where there is none. Undefined where no group helps. */
export function regress(y: Float64Array, groups: readonly Group[], season: number): Regression | undefined {
  const start = Math.max(0, y.length - MOST_ROWS);
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
    if (filter.rows.length < FEWEST_ROWS) return undefined;
    found = estimate(whole, cut, filter);
    if (!found) return undefined;
  }
  // As they were given: with whole columns.
  return found && { ...found, groups: found.groups.map((group) => groups[cut.indexOf(group)]) };
}

interface Filter {
  lags: number[];
  phi: Float64Array;
  /** Steps whose value was observed and that have a whole past. */
  rows: Int32Array;
}

/** φ by least squares. */
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

/** What a series has that its own past does not say, ε; NaN where that is not known. */
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

function centred(x: Float64Array): Float64Array {
  let mean = 0;
  for (let t = 0; t < x.length; t++) mean += x[t] / x.length;
  for (let t = 0; t < x.length; t++) x[t] -= mean;
  return x;
}

interface White {
  group: Group;
  /** Filtered, with a mean square of 1. */
  columns: Float64Array[];
  scales: number[];
}

function estimate(y: Float64Array, groups: readonly Group[], filter: Filter): Regression | undefined {
  const target = filtered(y, filter);
  const candidates = groups.map((group) => whitened(group, filter)).filter(({ columns }) => columns.length > 0);
  const chosen = choose(target, mostAlike(target, candidates), candidates.length);
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

/** Columns that φ(B) leaves nothing of have the scale 0 and are left out. */
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

/** So many as a search can afford: those that alone explain most. */
function mostAlike(y: Float64Array, candidates: White[]): White[] {
  if (candidates.length <= MOST_CANDIDATES) return candidates;
  const score = ({ columns }: White) => columns.reduce((sum, column) => sum + dot(column, y) ** 2, 0) / columns.length;
  const scores = new Map(candidates.map((one) => [one, score(one)]));
  return [...candidates].sort((a, b) => scores.get(b)! - scores.get(a)!).slice(0, MOST_CANDIDATES);
}

/** Forward, by the extended BIC: n log(error before / after) > columns · (log n + 2 log candidates). */
function choose(y: Float64Array, candidates: readonly White[], searched: number): White[] {
  const n = y.length;
  const columns = candidates.flatMap((one) => one.columns);
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
  const most = Math.min(MOST_COLUMNS, Math.floor(n / 4));
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

/** Which columns are each candidate's. */
function placesOf(candidates: readonly White[]): number[][] {
  let next = 0;
  return candidates.map(({ columns }) => columns.map(() => next++));
}
