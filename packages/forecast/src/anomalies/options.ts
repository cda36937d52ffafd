/** The options of anomaly detection, declared once: as those of forecasts are (../options.ts). */
import { UsageError } from '@mamba-ts/core/errors';
import { complete, type Field, field, type InputsOf, type ValuesOf } from '@mamba-ts/core/schema';
import { baseFields, levelField } from '../baseOptions.ts';
import { defaultStart } from '../history.ts';
import { MIN_SCORES } from './calibration.ts';

const { season, nonNegative, integer } = baseFields;

const rateField: Field<number> = {
  default: 0.01,
  accepts: (rate) => typeof rate === 'number' && rate > 0 && rate <= 0.5,
  expected: 'the share of normal values that may be flagged, above 0 and at most 0.5, such as 0.01',
  help: 'the share of normal values that may be flagged. Default: 0.01.',
  placeholder: '<rate>',
  parse: Number,
};

/** The declarations of the options: flags and request fields follow from them. */
export const detectorFields = {
  /** The share of normal values that may be flagged. Default: 0.01. */
  falseAlarms: rateField,
  /** Instead: flags values outside of the forecast's own interval of this many per cent, without calibration. */
  level: field.optional({
    ...levelField,
    help: 'instead: flag values outside of this interval of the forecast, in per cent',
  }),
  /** The threshold is taken from this many of the last scores. Default: 200; half of them for a whole series. */
  calibration: field.whole({
    min: MIN_SCORES,
    default: 200,
    help: 'earlier scores that the threshold is taken from. Default: half of all, at most 1000.',
  }),
  /** Values before the first that is forecast. Default: two of the shortest season that is given, at least 8. */
  start: field.optional(
    field.whole({ min: 1, help: 'values before the first forecast. Default: two seasons, at least 8.' }),
  ),
  /** One forecast is made for this many values: larger is faster and less sensitive. Default: 1. */
  every: field.whole({ min: 1, default: 1, help: 'values from one forecast to the next. Default: 1.' }),
  /** After this many flagged values in a row, the series has a new level. Default: 5. */
  patience: field.whole({ min: 1, default: 5, help: 'flagged values in a row that are a new level. Default: 5.' }),
  /** Whether flagged values enter the history unchanged. Default: false, they are moved towards the forecast. */
  keep: field.flag({ default: false, help: 'keep flagged values unchanged in the history of later forecasts' }),
  season,
  nonNegative,
  integer,
};

/** The options of AnomalyDetector and detectAnomalies. */
export interface DetectorOptions extends InputsOf<typeof detectorFields> {}

/** The options, checked and complete. */
export interface CheckedDetector extends Omit<ValuesOf<typeof detectorFields>, 'start'> {
  start: number;
}

/** Checks every option, and their combination. */
export function checkDetector(options: DetectorOptions): CheckedDetector {
  const checked = complete('anomalies', detectorFields, options);
  if (options.level !== undefined && options.falseAlarms !== undefined) {
    throw new UsageError(
      'anomalies',
      'level and falseAlarms are both given, expected one: an interval, or a calibrated rate.',
    );
  }
  return { ...checked, start: checked.start ?? defaultStart(options.season) };
}
