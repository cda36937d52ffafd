/**
 * The options of forecasts, declared once: their types, defaults, checks and errors, the fields of requests, the flags
 * of the command line and their help follow. A new option is a field here, and a part
 * in compose/compose.ts that does what it says.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { complete, type Field, field, type InputsOf, isPlainObject, shown, type ValuesOf } from '@mamba-ts/core/schema';
import { calendarField } from './covariates/calendarFeatures.ts';
import { holidaysField } from './covariates/holidays.ts';
import { boundsOf, rising, tidy } from './levels.ts';
import { seasonField } from './seasons.ts';

/** A larger horizon is a mistake, such as a time stamp in place of a number of steps. */
export const MAX_HORIZON = 100_000;

/** The quantiles of a forecast if none are given. */
export const DEFAULT_QUANTILES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** The level of a central interval. */
export const levelField: Field<number> = {
  accepts: (level) => typeof level === 'number' && level >= 1 && level < 100,
  expected: 'per cent from 1 on and below 100, such as 80 or 95',
  advice: (level) =>
    typeof level === 'number' && level > 0 && level < 1
      ? `Did you mean ${tidy(level * 100)}? Single probabilities are \`quantiles\`.`
      : '',
  placeholder: '<percent>',
  parse: toNumber,
};

const probabilityField: Field<number> = {
  accepts: (p) => typeof p === 'number' && tidy(p) > 0 && tidy(p) < 1,
  expected: 'a number between 0 and 1, both excluded',
  advice: (p) => (typeof p === 'number' && p >= 1 && p < 100 ? `Did you mean ${tidy(p / 100)}?` : ''),
  parse: toNumber,
};

function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** The options that every SeriesForecaster understands. */
export const baseFields = {
  /** Steps ahead, from 1 to 100,000. */
  horizon: field.whole({
    min: 1,
    max: MAX_HORIZON,
    help: 'steps ahead',
    placeholder: '<steps>',
    advice: (horizon) =>
      typeof horizon === 'number' && horizon > MAX_HORIZON
        ? 'Forecast coarser steps, such as days instead of minutes.'
        : 'Give the number of steps ahead.',
  }),
  /** Central intervals in per cent, such as [80, 95]. Their bounds come as `intervals`. Default: none. */
  levels: field.optional(
    field.list(levelField, {
      normalize: rising,
      expected: 'a list of numbers such as [80, 95]',
      help: 'intervals in per cent, separated by commas: 80,95',
      placeholder: '<percents>',
      flag: 'level',
    }),
  ),
  /** Probabilities, each between 0 and 1. Default: 0.1, 0.2 … 0.9. */
  quantiles: field.list(probabilityField, {
    default: DEFAULT_QUANTILES,
    normalize: rising,
    expected: 'a list of numbers such as [0.1, 0.5, 0.9]',
    help: 'probabilities between 0 and 1, separated by commas. Default: 0.1, 0.2 … 0.9.',
    placeholder: '<numbers>',
  }),
  /**
   * Steps of the season, or of several. 1: there is none. `{ likely: [7, 365] }`: used if the values show them.
   * Default: those of the calendar where times are known, else found in the values.
   */
  season: seasonField,
  /** Whether values cannot be below 0. Default: found in the values by the model. */
  nonNegative: field.optional(field.flag({ help: 'values cannot be below 0. Default: found in the values.' })),
  /** Whether values are whole numbers: quantiles are rounded, the mean is not. Default: false. */
  integer: field.flag({ default: false, help: 'values are whole numbers' }),
};

const bound = (side: string) =>
  field.optional(
    field.number({
      help: `the ${side} bound of the values, such as ${side === 'lower' ? '0 for sales' : '100 for a percentage'}`,
      placeholder: '<value>',
      advice: 'Leave it out where values have no such bound.',
    }),
  );

/** How covariates can be used; see covariates/forecast.ts. */
export const COVARIATE_MODES = ['regress-first', 'forecast-first', 'product'] as const;
/** A way to use covariates. */
export type CovariateMode = (typeof COVARIATE_MODES)[number];

/** All options of a forecast, apart from the data that comes with the series. They can be combined. */
export const forecastFields = {
  ...baseFields,
  /** No value is below it, such as 0 for a percentage. Default: none. */
  lower: bound('lower'),
  /** No value is above it, such as 100 for a percentage. Default: none. */
  upper: bound('upper'),
  /** Whether series with at least 24 % zeros are forecast as intermittent demand. Default: false. */
  intermittent: field.flag({ default: false, help: 'forecast series with many zeros as intermittent demand' }),
  /** Holidays as known covariates: 'DE', 'DE-BY' or an object. They need times. Default: none. */
  holidays: holidaysField,
  /** Features of the calendar as known covariates: true, or kinds such as ['weekday']. They need times. Default: none. */
  calendar: calendarField,
  /** How covariates are used. Default: the way that is best on the last windows of the past. */
  mode: field.optional(
    field.choice(COVARIATE_MODES, {
      help: `how covariates are used: ${COVARIATE_MODES.join(', ')}. Default: the best on the last windows.`,
    }),
  ),
  /** Whether the past of each series is used to forecast the others. Default: false. */
  together: field.flag({ default: false, help: 'use the past of each series to forecast the others' }),
  /**
   * The first step that is returned, as a number of steps after the last value, or as a time, written as the times
   * of the series are. `horizon` counts from it. Default: 1, the step after the last value.
   */
  from: {
    default: 1,
    accepts: (from) =>
      (typeof from === 'string' && from.trim() !== '') || (Number.isSafeInteger(from) && Number(from) >= 1),
    expected: 'a number of steps after the last value from 1 on, or a time such as "2026-03-01"',
    help: 'the first step to return: a time, or a number of steps after the last value. Default: 1.',
    placeholder: '<time>',
    parse: (text) => text,
  } as Field<number | string>,
};

/** The options of SeriesForecaster.forecastAll. */
export interface BaseOptions extends OptionsOf<typeof baseFields> {}

/** The options of a forecast. */
export interface ForecastOptions extends OptionsOf<typeof forecastFields> {}

/** Declared fields as options: `horizon` must be given, all others may be left out. */
export type OptionsOf<F extends Readonly<Record<string, Field>> & { horizon: Field<number> }> = Omit<
  InputsOf<F>,
  'horizon'
> & { horizon: number };

/** The base options, checked and in their usual form. */
export interface CheckedOptions extends ValuesOf<typeof baseFields> {}

/**
 * The options of SeriesForecaster.forecastAll, checked and complete.
 *
 * @throws FieldError what was got, what is expected, and what to do
 */
export function checkOptions(options: BaseOptions): CheckedOptions {
  return complete('forecast', baseFields, requireObject(options));
}

/** All options of a forecast, checked and complete. */
export interface CheckedForecast extends ValuesOf<typeof forecastFields> {}

/**
 * Checks every option of a forecast, and their combination.
 *
 * @param also further options that the caller checks
 * @throws UsageError what was got, what is expected, and what to do
 */
export function checkForecast(options: ForecastOptions, also: readonly string[] = []): CheckedForecast {
  const checked = complete('forecast', forecastFields, requireObject(options), also);
  const { lower = -Infinity, upper = Infinity, integer, nonNegative } = checked;
  if (lower >= upper) {
    throw new UsageError('forecast', `lower is ${lower} and upper is ${upper}, expected lower below upper.`);
  }
  if (nonNegative && upper <= 0) {
    throw new UsageError('forecast', `nonNegative is true and upper is ${upper}, expected an upper bound above 0.`);
  }
  for (const [name, value] of Object.entries({ lower, upper })) {
    if (!integer || Number.isInteger(value) || !Number.isFinite(value)) continue;
    throw new UsageError('forecast', `${name} is ${value}, expected a whole number, because integer is true.`);
  }
  return checked;
}

/** Refuses what is no object of options. */
export function requireObject<T>(options: T, where = 'forecast'): T & object {
  if (isPlainObject(options)) return options;
  throw new UsageError(where, `the options are ${shown(options)}, expected an object such as { horizon: 24 }.`);
}

/** The bounds of `levels` among the quantiles: the interval of 95 % has the quantiles 0.025 and 0.975. */
export function withLevelBounds<O extends Pick<CheckedOptions, 'levels' | 'quantiles'>>(options: O): O {
  const { levels = [], quantiles } = options;
  return { ...options, quantiles: rising([...quantiles, ...levels.flatMap(boundsOf)]) };
}
