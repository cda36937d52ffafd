/**
 * The fields that requests share. A series is written in one of three ways:
 *
 *   "series": [1, 2, null, 4]   "series": [[1, 2], [3, 4]]   "series": [{ "id": "a", "values": [1, 2], "times": […] }]
 *
 * null is a missing value, and becomes NaN.
 */

import { LARGEST } from '@mamba-ts/forecast/timeTable';
import * as v from 'valibot';
import { type Limits, within } from './limits.ts';
import { dotted, type Path, Refusal } from './refusal.ts';
import { fields, isObject } from './validate.ts';

export interface NamedSeries {
  id?: string | number;
  values: Float64Array;
  times?: readonly (string | number)[];
  known?: Covariates;
  past?: Covariates;
}

/** Numbers and nulls, looked at one by one in a plain loop: there may be a million. */
const values = v.pipe(
  v.custom<readonly unknown[]>(Array.isArray, 'an array of numbers'),
  v.rawTransform(({ dataset: { value: input }, addIssue, NEVER }) => {
    if (input.length === 0) {
      addIssue({ message: 'at least one value', input });
      return NEVER;
    }
    const numbers = new Float64Array(input.length);
    for (let i = 0; i < input.length; i++) {
      const value = input[i];
      if (value !== null && !(Math.abs(value as number) <= LARGEST && typeof value === 'number')) {
        addIssue({
          message: typeof value === 'number' ? 'a number up to ±1e100 or null' : 'a number or null',
          input: value,
          path: [{ type: 'array', origin: 'value', input: input as unknown[], key: i, value }],
        });
        return NEVER;
      }
      numbers[i] = value === null ? Number.NaN : (value as number);
    }
    if (!numbers.some((value) => !Number.isNaN(value))) {
      addIssue({ message: 'at least one number', input });
      return NEVER;
    }
    return numbers;
  }),
);

const time = v.union(
  [v.string(), v.pipe(v.number(), v.finite())],
  'a time such as "2026-03-01" or "2026-03-01T12:00:00Z"',
);

/** A number, or the name of a kind; null is missing. */
export type CovariateValue = number | string | boolean | null;
export type CovariateValues = readonly CovariateValue[];
export type Covariates = Readonly<Record<string, CovariateValues>>;

const covariateValue = v.custom<CovariateValue>(
  (value) => value === null || typeof value !== 'object',
  'a number, a text, true, false or null',
);

const covariates = v.pipe(
  v.custom<Record<string, unknown>>(isObject, 'an object of arrays by name'),
  // Own keys alone, whatever they are called.
  v.transform((input) => new Map(Object.entries(input))),
  v.map(v.string(), v.array(covariateValue, 'an array of numbers or texts')),
  v.transform((found): Covariates => Object.fromEntries(found)),
);

const plainEntries = {
  id: v.optional(v.union([v.string(), v.number()], 'a text or a number')),
  values,
  times: v.optional(v.array(time, 'an array of times')),
};

const WAYS = 'an array of numbers, of such arrays, or of objects with values';

/** Whichever way they are written in, as an array of NamedSeries. */
const seriesOf = (named: v.GenericSchema<unknown, NamedSeries>) =>
  v.pipe(
    v.custom<unknown>((input) => Array.isArray(input) && input.length > 0, WAYS),
    v.lazy((input): v.GenericSchema<unknown, NamedSeries[]> => {
      const [first] = input as readonly unknown[];
      if (isObject(first)) return v.array(named);
      if (Array.isArray(first)) {
        return v.pipe(
          v.array(values),
          v.transform((all) => all.map((values) => ({ values }))),
        );
      }
      return v.pipe(
        values,
        v.transform((values) => [{ values }]),
      );
    }),
  );

/** Where covariates are of use. */
export const series = seriesOf(
  fields({ ...plainEntries, known: v.optional(covariates), past: v.optional(covariates) }) as v.GenericSchema<
    unknown,
    NamedSeries
  >,
);
export const plainSeries = seriesOf(fields(plainEntries) as v.GenericSchema<unknown, NamedSeries>);

const LEVEL = 'per cent from 1 on and below 100';
export const level = v.pipe(
  v.number(LEVEL),
  v.check((value) => value >= 1 && value < 100, LEVEL),
);
const PROBABILITY = 'a number above 0 and below 1';
const probability = v.pipe(
  v.number(PROBABILITY),
  v.check((value) => value > 0 && value < 1, PROBABILITY),
);
const STEPS = 'a whole number from 1';
export const wholeNumber = v.pipe(
  v.number(STEPS),
  v.check((value) => Number.isSafeInteger(value) && value >= 1, STEPS),
);
const list = <S extends v.GenericSchema>(item: S, words: string) =>
  v.pipe(
    v.array(item, words),
    v.check((all) => all.length > 0 && all.length <= 99, `${words}, 1 to 99 of them`),
  );
export const flag = v.optional(v.boolean('true or false'));

/** What every request can have. */
export const common = {
  season: v.optional(
    v.lazy((input) => (Array.isArray(input) ? list(wholeNumber, 'an array of numbers of steps') : wholeNumber)),
  ),
  nonNegative: flag,
  integer: flag,
  /** What lies between two times, where they do not say it. */
  frequency: v.optional(v.string('a text such as "D" or "1h"')),
};

export const levels = v.optional(list(level, 'an array of levels in per cent'));
export const quantiles = v.optional(list(probability, 'an array of probabilities'));

/** What was given of a body, without what says where and of what. */
export function given<T extends object>(body: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}

/** Refuses more than the limits allow, and covariates or times of another length than their series. */
export function checkSeries(all: readonly NamedSeries[], limits: Limits, horizon = 0): void {
  within(limits, 'series', all.length);
  within(limits, 'horizon', horizon);
  within(
    limits,
    'points',
    all.reduce((sum, one) => sum + pointsOf(one), 0),
  );
  all.forEach(({ values, times, past, known }, i) => {
    const length = values.length;
    if (times) checkLength(['series', i, 'times'], times, length, 'one for each of its values');
    const where =
      (kind: string) =>
      (name: string): Path => ['series', i, kind, name];
    checkCovariates(where('past'), past, length, 'one for each of its values');
    checkCovariates(
      where('known'),
      known,
      length + horizon,
      `one for each of its values and of the ${horizon} steps ahead`,
    );
  });
}

function checkCovariates(
  place: (name: string) => Path,
  all: Covariates | undefined,
  length: number,
  why: string,
): void {
  for (const [name, one] of Object.entries(all ?? {})) checkLength(place(name), one, length, why);
}

function checkLength(path: Path, { length: got }: ArrayLike<unknown>, length: number, why: string): void {
  if (got !== length)
    throw new Refusal(400, `${dotted(path)} has ${got} values, expected ${length}: ${why}.`, dotted(path));
}

const pointsOf = ({ values, past, known }: NamedSeries): number =>
  [values, ...Object.values(past ?? {}), ...Object.values(known ?? {})].reduce((sum, { length }) => sum + length, 0);
