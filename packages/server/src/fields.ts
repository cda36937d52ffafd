/**
 * The fields that requests share. A series is written in one of three ways:
 *
 *   "series": [1, 2, null, 4]   "series": [[1, 2], [3, 4]]   "series": [{ "id": "a", "values": [1, 2], "times": […] }]
 *
 * null is a missing value, and becomes NaN. The options of forecasts, backtests and anomalies come from the tables of
 * @mamba-ts/forecast: a new option is a field of requests without a line here.
 */
import {
  complete,
  type Fault,
  type Field,
  FieldError,
  faultOf,
  field,
  type InputsOf,
  isPlainObject,
  shown,
  type ValuesOf,
} from '@mamba-ts/core/schema';
import { LARGEST } from '@mamba-ts/forecast/timeTable';
import { type Limits, within } from './limits.ts';
import { type Path, Refusal, refusalOf } from './refusal.ts';

/** A series of a request. */
export interface NamedSeries {
  id?: string | number;
  values: Float64Array;
  times?: readonly (string | number)[];
  known?: Covariates;
  past?: Covariates;
}

/** A number, or the name of a kind; null is missing. */
export type CovariateValue = number | string | boolean | null;
/** Covariates by name. */
export type Covariates = Readonly<Record<string, readonly CovariateValue[]>>;

/** A field of a kind of its own. */
const custom = <T>(accepts: (value: unknown) => boolean, expected: string): Field<T> => ({ accepts, expected });

const isNumber = (value: unknown) => typeof value === 'number' && Math.abs(value) <= LARGEST;

/** Numbers and nulls, checked in a plain loop: there may be a million. */
const values: Field<readonly (number | null)[], Float64Array> = {
  accepts: (value) => valuesFault(value) === undefined,
  fault: valuesFault,
  expected: 'an array of numbers',
  normalize: (given) => Float64Array.from(given, (value) => value ?? Number.NaN),
};

function valuesFault(given: unknown): Fault | undefined {
  if (!Array.isArray(given)) return { path: [], got: given, expected: values.expected };
  if (given.length === 0) return { path: [], got: given, expected: 'at least one value' };
  let known = 0;
  for (let i = 0; i < given.length; i++) {
    const value: unknown = given[i];
    if (isNumber(value)) known++;
    else if (value !== null) {
      const expected = typeof value === 'number' ? 'a number up to ±1e100 or null' : 'a number or null';
      return { path: [i], got: value, expected };
    }
  }
  return known > 0 ? undefined : { path: [], got: given, expected: 'at least one number' };
}

/** A list, which may be empty. */
function listOf<T>(item: Field<T>, expected: string): Field<readonly T[]> {
  const list: Field<readonly T[]> = {
    accepts: (value) => list.fault?.(value) === undefined,
    fault(value) {
      if (!Array.isArray(value)) return { path: [], got: value, expected };
      const at = value.findIndex((part) => !item.accepts(part));
      return at < 0 ? undefined : { path: [at], got: value[at], expected: item.expected };
    },
    expected,
  };
  return list;
}

const times = listOf(
  custom<string | number>(
    (time) => typeof time === 'string' || Number.isFinite(time),
    'a time such as "2026-03-01" or "2026-03-01T12:00:00Z"',
  ),
  'an array of times',
);

const covariate = listOf(
  custom<CovariateValue>(
    (value) => value === null || typeof value !== 'object',
    'a number, a text, true, false or null',
  ),
  'an array of numbers or texts',
);

const covariates: Field<Covariates> = {
  accepts: (value) => covariates.fault?.(value) === undefined,
  fault(value) {
    if (!isPlainObject(value)) return { path: [], got: value, expected: covariates.expected };
    for (const [name, column] of Object.entries(value)) {
      const fault = faultOf(covariate as Field, column);
      if (fault) return { ...fault, path: [name, ...fault.path] };
    }
    return undefined;
  },
  expected: 'an object of arrays by name',
  // Own keys alone, whatever they are called.
  normalize: (given) => Object.fromEntries(Object.entries(given)),
};

const plainFields = {
  id: field.optional(
    custom<string | number>((id) => typeof id === 'string' || typeof id === 'number', 'a text or a number'),
  ),
  values,
  times: field.optional(times),
};

/** Series in any of the three forms, as a list of NamedSeries. */
function seriesOf(fields: Parameters<typeof field.object>[0]): Field<unknown, NamedSeries[]> {
  const object: Field = field.object(fields);
  const named = object as Field<unknown, NamedSeries>;
  const plain: Field<unknown, NamedSeries> = {
    ...(values as Field),
    normalize: (given) => ({ values: values.normalize?.(given as number[]) as Float64Array }),
  };
  const series: Field<unknown, NamedSeries[]> = {
    accepts: (value) => series.fault?.(value) === undefined,
    fault(value) {
      if (!Array.isArray(value) || value.length === 0) return { path: [], got: value, expected: series.expected };
      const item = itemOf(value);
      if (!item) return faultOf(plain as Field, value);
      for (const [i, one] of value.entries()) {
        const fault = faultOf(item as Field, one);
        if (fault) return { ...fault, path: [i, ...fault.path] };
      }
      return undefined;
    },
    expected: 'an array of numbers, of such arrays, or of objects with values',
    normalize(value) {
      const item = itemOf(value as readonly unknown[]);
      return (item ? (value as readonly unknown[]) : [value]).map(
        (one) => (item ?? plain).normalize?.(one) as NamedSeries,
      );
    },
  };
  /** What each item is; undefined where the list is one series itself. */
  const itemOf = ([first]: readonly unknown[]) =>
    isPlainObject(first) ? named : Array.isArray(first) ? plain : undefined;
  return series;
}

/** Series with covariates. */
export const series = seriesOf({
  ...plainFields,
  known: field.optional(covariates),
  past: field.optional(covariates),
});
/** Series without covariates. */
export const plainSeries = seriesOf(plainFields);

/** The step between two times, if the times do not show it. */
export const frequency = field.optional(field.text({ expected: 'a text such as "D" or "1h"' }));

/** The body, checked against its fields. Refuses the first thing that is wrong. */
export function checkBody<F extends Readonly<Record<string, Field>>>(fields: F, body: unknown): ValuesOf<F> {
  if (!isPlainObject(body)) {
    const names = Object.keys(fields).join(', ');
    throw new Refusal(400, `the body is ${shown(body)}, expected an object with ${names}.`);
  }
  try {
    return complete('', fields, body);
  } catch (error) {
    throw error instanceof FieldError ? refusalOf(error) : error;
  }
}

/** The values of these fields, as the body has them. */
export function given<F extends Readonly<Record<string, Field>>>(fields: F, body: unknown): InputsOf<F> {
  const names = Object.keys(fields).filter((name) => (body as Record<string, unknown>)[name] != null);
  return Object.fromEntries(names.map((name) => [name, (body as Record<string, unknown>)[name]])) as InputsOf<F>;
}

/** Refuses more than the limits allow, and times or past covariates of another length than their series. */
export function checkSeries(all: readonly NamedSeries[], limits: Limits): void {
  within(limits, 'series', all.length);
  within(
    limits,
    'points',
    all.reduce((sum, one) => sum + pointsOf(one), 0),
  );
  all.forEach(({ values: { length }, times, past }, i) => {
    if (times) checkLength(['series', i, 'times'], times, length, 'one for each of its values');
    for (const [name, column] of Object.entries(past ?? {})) {
      checkLength(['series', i, 'past', name], column, length, 'one for each of its values');
    }
  });
}

/** Refuses known covariates of another length than their series and the steps ahead. */
export function checkKnown({ values: { length }, known }: NamedSeries, i: number, steps: number): void {
  const why = `one for each of its values and of the ${steps} steps ahead`;
  for (const [name, column] of Object.entries(known ?? {})) {
    checkLength(['series', i, 'known', name], column, length + steps, why);
  }
}

function checkLength(path: Path, { length: got }: ArrayLike<unknown>, length: number, why: string): void {
  if (got === length) return;
  throw Refusal.at(path, `has ${got} values, expected ${length}: ${why}.`);
}

const pointsOf = ({ values, past, known }: NamedSeries): number =>
  [values, ...Object.values(past ?? {}), ...Object.values(known ?? {})].reduce((sum, { length }) => sum + length, 0);
