/** The values of a series, checked. Every error names the value that is wrong. */

import { UsageError } from '@mamba-ts/core/errors';
import { shown } from '@mamba-ts/core/schema';
import { isTooLarge } from './timeTable/largest.ts';
import type { Values } from './types.ts';

/** A copy in f64; NaN where a value is missing. `name` is what an error calls the series. */
export function checkValues(values: Values, name = 'values'): Float64Array {
  if (typeof values !== 'object' || values === null || !(values.length >= 0)) {
    throw new UsageError(
      'forecast',
      `${name} is ${shown(values)}, expected a list of numbers such as [112, 118, 132].`,
    );
  }
  if (values.length === 0) throw new UsageError('forecast', `${name} is empty, expected at least one number.`);
  const numbers = new Float64Array(values.length);
  let seen = 0;
  for (let t = 0; t < values.length; t++) {
    const x: unknown = values[t];
    numbers[t] = isValue(x) ? x : checkObserved(x, `${name}[${t}]`);
    seen += Number(!Number.isNaN(numbers[t]));
  }
  if (seen === 0) {
    throw new UsageError(
      'forecast',
      `all ${values.length} of ${name} are missing (NaN), expected at least one number.`,
    );
  }
  return numbers;
}

/** Refuses a window, the last values of a series that a forecaster reads, without any value. */
export function requireKnown(window: Float64Array, name: string): void {
  if (window.some((x) => !Number.isNaN(x))) return;
  throw new UsageError(
    'forecast',
    `the last ${window.length} of ${name} are all missing (NaN), expected a number among them, for no more ` +
      'is read. Leave the missing values at the end out, and forecast as many steps more.',
  );
}

/** A number; NaN where it is missing, which JSON writes as null. */
export const checkObserved = (x: unknown, name?: string): number => (x === null ? Number.NaN : checkValue(x, name));

/** A number, or NaN: a missing value. */
export function checkValue(x: unknown, name = 'the value'): number {
  if (isValue(x)) return x;
  throw new UsageError(
    'forecast',
    `${name} is ${shown(x)}, expected a number up to ±1e100. Write NaN (null in JSON) where a value is missing.`,
  );
}

const isValue = (x: unknown): x is number => typeof x === 'number' && !isTooLarge(x);
