/** Covariates as columns of numbers. A category becomes an indicator column for each of its kinds. */
import { UsageError } from '@mamba-ts/core/errors';
import { shown } from '@mamba-ts/core/schema';
import { withoutGaps } from '../gaps.ts';

/** One value for each step: numbers, booleans, or names of kinds; null or NaN where one is missing. */
export type CovariateValues = ArrayLike<number | string | boolean | null | undefined>;

/** A covariate of a series. */
export interface Covariate {
  name: string;
  /** Whether it is known ahead: its lags start at 0, those of past covariates at 1. */
  isKnown: boolean;
  /** All of the same length, without gaps before `until`. */
  columns: Float64Array[];
  /** The number of steps that are known; the rest has to be forecast. */
  until: number;
  /** Whether its future leaves the range of its past, or has a new kind. */
  isBeyond: boolean;
}

/** With more kinds, a column is an identifier. */
const MAX_KINDS = 50;

/** The covariates of a task that is forecast `horizon` steps ahead. A constant one has no columns. */
export function covariatesOf(
  { name: series, values: { length }, past = {}, known = {} }: Given,
  horizon: number,
): Covariate[] {
  const both = Object.keys(past).find((name) => name in known);
  const of = series === 'values' ? '' : `${series}: `;
  if (both !== undefined) {
    throw new UsageError(
      'forecast',
      `${of}the covariate '${both}' is in past and in known, expected it in one. Rename the other.`,
    );
  }
  return [
    ...Object.entries(past).map(([name, values]) =>
      covariateOf({ of, name, n: length, horizon, isKnown: false }, values),
    ),
    ...Object.entries(known).map(([name, values]) =>
      covariateOf({ of, name, n: length, horizon, isKnown: true }, values),
    ),
  ];
}

interface Given {
  name: string;
  values: { readonly length: number };
  past?: Readonly<Record<string, CovariateValues>>;
  known?: Readonly<Record<string, CovariateValues>>;
}

/** A covariate to check: its name, and the length that it must have. */
interface Place {
  /** What errors begin with: '' or 'series 3: '. */
  of: string;
  name: string;
  /** Values of the series. */
  n: number;
  horizon: number;
  isKnown: boolean;
}

function covariateOf(place: Place, values: CovariateValues): Covariate {
  const { name, n, isKnown } = place;
  requireLength(place, values);
  const kind = kindOf(place, values);
  const rows = kind === 'kinds' ? indicators(place, values) : [numbers(values)];
  const until = rows.length > 0 ? knownUntil(rows[0]) : values.length;
  if (kind === 'kinds' && isKnown && until < values.length) {
    throw new UsageError(
      'forecast',
      `${place.of}the known covariate '${name}' has no value at ${until}, expected a kind for every step ahead. Fill it in, or give it in past.`,
    );
  }
  const columns = rows.filter((row) => differs(row.subarray(0, Math.min(n, until)))).map(withoutGaps);
  const isBeyond = kind === 'kinds' ? hasNewKind(values, n) : leavesRange(rows[0], n);
  return { name, isKnown, columns, until, isBeyond };
}

function requireLength({ of: start, name, n, horizon, isKnown }: Place, values: CovariateValues): void {
  if (typeof values !== 'object' || values === null || !(values.length >= 0)) {
    throw new UsageError(
      'forecast',
      `${start}the covariate '${name}' is ${shown(values)}, expected a list of values, one for each step.`,
    );
  }
  const expected = isKnown ? n + horizon : n;
  if (values.length === expected) return;
  const of = isKnown ? `${n} of the series and ${horizon} ahead` : 'one for each value of the series';
  const hint =
    isKnown && values.length === n
      ? ' If it is not known ahead, give it in past.'
      : !isKnown && values.length === n + horizon
        ? ' If it is known ahead, give it in known.'
        : '';
  throw new UsageError(
    'forecast',
    `${start}the ${isKnown ? 'known' : 'past'} covariate '${name}' has ${values.length} values, expected ${expected}: ${of}.${hint}`,
  );
}

const isMissing = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value);

function kindOf({ of, name }: Place, values: CovariateValues): 'numbers' | 'kinds' {
  let kind: string | undefined;
  for (let t = 0; t < values.length; t++) {
    const value = values[t];
    if (isMissing(value)) continue;
    if (typeof value === 'number' ? !Number.isFinite(value) : typeof value !== 'string' && typeof value !== 'boolean') {
      throw new UsageError(
        'forecast',
        `${of}the covariate '${name}' has ${String(value)} at ${t}, expected a finite number, true, false, or the name of a kind.`,
      );
    }
    kind ??= typeof value;
    if (typeof value === kind) continue;
    throw new UsageError(
      'forecast',
      `${of}the covariate '${name}' has ${shown(value)} at ${t} among values of type ${kind}, expected one type. Fix the value, or write null where it is missing.`,
    );
  }
  return kind === 'string' ? 'kinds' : 'numbers';
}

const numbers = (values: CovariateValues): Float64Array =>
  Float64Array.from(values, (value) => (isMissing(value) ? Number.NaN : Number(value)));

/** A column for each kind of the past, except the most frequent one, which is the reference. */
function indicators({ of, name, n }: Place, values: CovariateValues): Float64Array[] {
  const counts = new Map<unknown, number>();
  for (let t = 0; t < n; t++) if (!isMissing(values[t])) counts.set(values[t], (counts.get(values[t]) ?? 0) + 1);
  if (counts.size > MAX_KINDS) {
    throw new UsageError(
      'forecast',
      `${of}the covariate '${name}' has ${counts.size} kinds, expected at most ${MAX_KINDS}. Give numbers as numbers, or fewer kinds.`,
    );
  }
  const [, ...others] = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!);
  return others.map((kind) =>
    Float64Array.from(values, (value) => (isMissing(value) ? Number.NaN : Number(value === kind))),
  );
}

/** Whether there is a kind, from n on, that the past does not have. */
function hasNewKind(values: CovariateValues, n: number): boolean {
  const seen = new Set(Array.from({ length: n }, (_, t) => values[t]));
  for (let t = n; t < values.length; t++) if (!isMissing(values[t]) && !seen.has(values[t])) return true;
  return false;
}

/** Whether a row, from n on, leaves its range before by more than a tenth of it. */
function leavesRange(row: Float64Array, n: number): boolean {
  const known = row.subarray(0, n).filter((x) => !Number.isNaN(x));
  const [low, high] = known.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const margin = 0.1 * (high - low);
  return row.subarray(n).some((x) => x > high + margin || x < low - margin);
}

/** The length without missing values at the end. */
function knownUntil(row: Float64Array): number {
  let until = row.length;
  while (until > 0 && Number.isNaN(row[until - 1])) until--;
  return until;
}

/** Whether there are two different values. */
function differs(row: Float64Array): boolean {
  const first = row.find((x) => !Number.isNaN(x));
  return first !== undefined && row.some((x) => !Number.isNaN(x) && x !== first);
}
