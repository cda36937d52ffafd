/** The options of backtests, declared once: as those of forecasts are (../options.ts). */
import { complete, field, type InputsOf, type ValuesOf } from '@mamba-ts/core/schema';
import { baseFields } from '../baseOptions.ts';

const { horizon, levels, season, nonNegative, integer } = baseFields;

/** The declarations of the options: flags and request fields follow from them. */
export const backtestFields = {
  horizon,
  /** Origins of each series. Default: 1, the last `horizon` values are held out. */
  windows: field.whole({ min: 1, default: 1, help: 'origins of each series. Default: 1.' }),
  /** Steps from one origin to the next. Default: the horizon, so that windows do not overlap. */
  step: field.optional(
    field.whole({ min: 1, help: 'steps from one origin to the next. Default: the horizon.', placeholder: '<steps>' }),
  ),
  /** Central intervals in per cent. Default: [80, 95]. */
  levels: { ...levels, default: [80, 95], help: 'intervals whose coverage is counted. Default: 80,95.' },
  season,
  nonNegative,
  integer,
  /** Forecasts of one call. Default: 256. */
  batch: field.whole({ min: 1, default: 256, flag: false }),
};

/** The options of backtest and crossValidate. */
export interface BacktestOptions extends Omit<InputsOf<typeof backtestFields>, 'horizon'> {
  horizon: number;
}

/** The options, checked and complete. */
export interface CheckedBacktest extends Omit<ValuesOf<typeof backtestFields>, 'step'> {
  step: number;
}

/** Checks every option. The step is the horizon, if it is not given. */
export function checkBacktest(options: BacktestOptions): CheckedBacktest {
  const checked = complete('backtest', backtestFields, options);
  return { ...checked, step: checked.step ?? checked.horizon };
}
