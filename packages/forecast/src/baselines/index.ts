/**
 * Baselines: simple and classical methods behind the interface of forecasters.
 *
 *   const snaive = await openBaseline('snaive');
 *   const [forecast] = await snaive.forecastAll([values], { horizon: 24, season: 12, levels: [80, 95] });
 *
 * If a method fails (too few values, no convergence), the seasonal naive forecast replaces it, and `note` gets the reason.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { type Field, field, nearestName } from '@mamba-ts/core/schema';
import { checkOptions } from '../baseOptions.ts';
import { Forecaster } from '../forecaster.ts';
import { shortestSeason } from '../history.ts';
import { stepsOfSeasons } from '../seasons.ts';
import { checkValues } from '../values.ts';
import { gaussianForecast } from './gaussian.ts';
import type { Baseline } from './method.ts';
import { drift, type Note, naive, seasonalNaive } from './naive.ts';

/** The baselines: each is a file of this folder and an entry here. */
const BASELINES = {
  snaive: { fast: true, open: () => seasonalNaive },
  naive: { fast: true, open: () => naive },
  drift: { fast: true, open: () => drift },
  ets: { fast: false, open: async () => (await import('./augurs.ts')).openEts() },
  mstl: { fast: false, open: async () => (await import('./augurs.ts')).openMstl() },
  arima: { fast: false, open: async () => (await import('./arima.ts')).openArima() },
} satisfies Record<string, Baseline>;

/** The name of a baseline. */
export type BaselineName = keyof typeof BASELINES;
/** The names of the baselines. */
export const baselineNames = Object.keys(BASELINES) as readonly BaselineName[];
/** The names of those that take less than a millisecond for a forecast. */
export const fastBaselineNames: readonly BaselineName[] = baselineNames.filter((name) => BASELINES[name].fast);

/** Whether there is a baseline of this name. */
export function isBaseline(name: string): name is BaselineName {
  return (baselineNames as readonly string[]).includes(name);
}

/**
 * The option `baselines`, for those that offer these: a list of names, each once; [] is none. As a flag: names separated by
 * commas, or none. Default: ['snaive'].
 */
export function baselinesField(names: readonly BaselineName[]): Field<readonly BaselineName[]> {
  const name = field.choice(names, {
    expected: `one of ${names.join(', ')}`,
    advice: (given) =>
      typeof given !== 'string'
        ? ''
        : isBaseline(given)
          ? `${given} is slow: use it in mamba-ts backtest, or in code.`
          : `Did you mean '${nearestName(given, names)}'?`,
  });
  const list = field.list<BaselineName>(name, {
    default: ['snaive'],
    normalize: (given) => [...new Set(given)],
    expected: `a list of ${names.join(', ')}`,
    help: `of ${names.join(', ')}, separated by commas, or none. Default: snaive.`,
    placeholder: '<names>',
  });
  const isNone = (given: unknown) => Array.isArray(given) && given.length === 0;
  return {
    ...list,
    accepts: (given) => isNone(given) || list.accepts(given),
    fault: (given) => (isNone(given) ? undefined : list.fault?.(given)),
    parse: (text) => (text.trim() === 'none' ? [] : list.parse?.(text)),
  };
}

/**
 * A baseline. The libraries of `ets`, `mstl` and `arima` are loaded here.
 *
 * @param name one of baselineNames
 * @param options `note` is called once for each reason to answer with another method
 * @throws UsageError an unknown name, or a library that is not installed
 */
export async function openBaseline(name: string, { note = () => {} }: { note?: Note } = {}): Promise<Forecaster> {
  if (!isBaseline(name)) {
    throw new UsageError(
      'baseline',
      `got '${name}', expected ${baselineNames.join(', ')}. Did you mean '${nearestName(name, baselineNames)}'?`,
    );
  }
  const method = await BASELINES[name].open();
  const noted = new Set<string>();
  const noteOnce = (text: string) => {
    if (noted.has(text)) return;
    noted.add(text);
    note(`${name}: ${text}`);
  };
  return new Forecaster({
    name,
    async forecastAll(series, options) {
      const checked = checkOptions(options);
      const { horizon, season: hint } = checked;
      const given = stepsOfSeasons(hint);
      return series.map((values, i) => {
        const y = checkValues(values, series.length > 1 ? `series ${i}` : 'values');
        const season = shortestSeason(y, hint);
        const seasons = given.length > 0 ? given : season > 1 ? [season] : [];
        return gaussianForecast(method({ y, season, seasons, horizon, note: noteOnce }), checked);
      });
    },
  });
}
