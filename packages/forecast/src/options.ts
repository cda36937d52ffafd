/**
 * All options of a forecast, joined from their declarations: their types, defaults, checks and errors, the fields of
 * requests, the flags of the command line and their help follow. A new option is a part (parts.ts).
 */
import { complete, type Field, field, type ValuesOf } from '@mamba-ts/core/schema';
import { baseFields, type OptionsOf, requireObject } from './baseOptions.ts';
import { calendarField } from './covariates/calendarFeatures.ts';
import { holidaysField } from './covariates/holidays.ts';
import { modeField } from './covariates/modes.ts';
import { fieldsOf } from './part.ts';
import { answerParts, pastParts } from './parts.ts';
import { sampleFields } from './samplePaths.ts';

export { baseFields } from './baseOptions.ts';

/** The option `from`. */
export const fromFields = {
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

/** All options of a forecast, apart from the data that comes with the series. They can be combined. */
export const forecastFields = {
  ...baseFields,
  ...fieldsOf(answerParts),
  ...fieldsOf(pastParts),
  /** Holidays as known covariates: 'DE', 'DE-BY' or an object. They need times. Default: none. */
  holidays: holidaysField,
  /** Features of the calendar as known covariates: true, or kinds such as ['weekday']. They need times. Default: none. */
  calendar: calendarField,
  /** How covariates are used. Default: the way that is best on the last windows of the past. */
  mode: modeField,
  /** Whether the past of each series is used to forecast the others. Default: false. */
  together: field.flag({ default: false, help: 'use the past of each series to forecast the others' }),
  ...sampleFields,
  ...fromFields,
};

/** The options of a forecast. */
export interface ForecastOptions extends OptionsOf<typeof forecastFields> {}

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
  for (const part of [...answerParts, ...pastParts]) part.check?.(checked);
  return checked;
}
