/**
 * A part of a forecast: some options, and what they do. It wraps a forecaster of tasks in another one, so all parts can be
 * combined. parts.ts lists them.
 *
 *   export const round = forecastPart({
 *     fields: { round: field.optional(field.whole({ min: 0, help: 'decimals of the forecast' })) },
 *     wrap: (inner, { round }) => (round === undefined ? inner : { forecastAll: … }),
 *   });
 */
import type { Field, ValuesOf } from '@mamba-ts/core/schema';
import type { CheckedOptions } from './baseOptions.ts';
import type { TaskForecaster } from './task.ts';

type Fields = Readonly<Record<string, Field>>;

/** The checked options that a part sees: its own and the base options. `season` belongs to each task. */
export type PartOptions<F extends Fields> = Omit<CheckedOptions, 'season'> & ValuesOf<F>;

/** Some options of a forecast, and what they do. */
export interface ForecastPart<F extends Fields = Fields> {
  /** The declarations of its options. */
  readonly fields: F;
  /**
   * Checks combinations of options. Each option was checked by its field.
   *
   * @throws UsageError what was got, what is expected, and what to do
   */
  check?(options: PartOptions<F>): void;
  /** The forecaster with these options; `inner` itself where they change nothing. */
  wrap(inner: TaskForecaster, options: PartOptions<F>): TaskForecaster;
}

/** Declares a part: the types of its options follow from `fields`. */
export const forecastPart = <F extends Fields>(part: ForecastPart<F>): ForecastPart<F> => part;

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;

/** The fields of several parts, as the fields of one. */
export type FieldsOf<P extends readonly ForecastPart[]> = Intersection<P[number]['fields']>;

/** The fields of several parts. */
export function fieldsOf<const P extends readonly ForecastPart[]>(parts: P): FieldsOf<P> {
  return Object.assign({}, ...parts.map(({ fields }) => fields));
}
