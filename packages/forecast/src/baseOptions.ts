/**
 * The options that every SeriesForecaster understands, declared once. Parts add further options (part.ts), and
 * options.ts joins all of them.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { complete, type Field, field, type InputsOf, isPlainObject, shown, type ValuesOf } from '@mamba-ts/core/schema';
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

/** The options of SeriesForecaster.forecastAll. */
export interface BaseOptions extends OptionsOf<typeof baseFields> {}

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

/** The base options among all options of a forecast, apart from `season`: a caller decides for each task. */
export function baseOptionsOf(options: Omit<BaseOptions, 'season'>): Omit<BaseOptions, 'season'> {
  const entries = Object.entries(options).filter(([name]) => name in baseFields && name !== 'season');
  return Object.fromEntries(entries) as Omit<BaseOptions, 'season'>;
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
