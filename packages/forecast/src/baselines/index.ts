/**
 * Baselines: simple and classical methods behind the interface of forecasters.
 *
 *   const snaive = await openBaseline('snaive');
 *   const [forecast] = await snaive.forecastAll([values], { horizon: 24, season: 12, levels: [80, 95] });
 *
 * If a method fails (too few values, no convergence), the seasonal naive forecast replaces it, and `note` gets the reason.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { closest } from 'fastest-levenshtein';
import { Forecaster } from '../forecaster.ts';
import { withoutGaps } from '../gaps.ts';
import { shortestSeason } from '../history.ts';
import { checkOptions } from '../options.ts';
import { stepsOfSeasons } from '../seasons.ts';
import { checkValues } from '../values.ts';
import { gaussianForecast, type Normals } from './gaussian.ts';
import { drift, type Note, seasonalNaive } from './naive.ts';
import { isSound } from './sound.ts';

/** The names of the baselines. */
export const baselineNames = ['snaive', 'naive', 'drift', 'ets', 'mstl', 'arima'] as const;
/** The name of a baseline. */
export type BaselineName = (typeof baselineNames)[number];

/** One series with its season. */
interface Past {
  y: Float64Array;
  /** The shortest season; 1: none. */
  season: number;
  /** All seasons. */
  seasons: readonly number[];
  horizon: number;
  note: Note;
}
type Method = (past: Past) => Normals;

/** Whether there is a baseline of this name. */
export function isBaseline(name: string): name is BaselineName {
  return (baselineNames as readonly string[]).includes(name);
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
      `got '${name}', expected ${baselineNames.join(', ')}. Did you mean '${closest(name, [...baselineNames])}'?`,
    );
  }
  const method = await methodOf(name);
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

async function methodOf(name: BaselineName): Promise<Method> {
  const repeat: Method = ({ y, season, horizon, note }) => seasonalNaive(y, season, horizon, note);
  if (name === 'snaive') return repeat;
  if (name === 'naive') return (past) => repeat({ ...past, season: 1 });
  if (name === 'drift') return ({ y, horizon, note }) => drift(y, horizon, note);
  if (name === 'arima') {
    const { MIN_ARIMA, MAX_ARIMA_SEASON, openArima } = await import('./arima.ts');
    const arima = await openArima();
    return fitted(MIN_ARIMA, repeat, ({ y, season, horizon, note }) => {
      const [short, whole] = [season <= MAX_ARIMA_SEASON, y.length >= 2 * season];
      if (!short) note(`a season of ${season} is longer than ${MAX_ARIMA_SEASON}: left out`);
      else if (!whole) note(`fewer than two seasons of ${season}: left out`);
      return arima(y, horizon, short && whole ? season : 1);
    });
  }
  const { MIN_ETS, openEts, openMstl } = await import('./augurs.ts');
  const ets = await openEts();
  const plain: Method = ({ y, horizon }) => ets(y, horizon);
  if (name === 'ets') return fitted(MIN_ETS, repeat, plain);
  const mstl = await openMstl();
  return fitted(MIN_ETS, repeat, (past) => {
    const { y, seasons, horizon, note } = past;
    const seen = seasons.filter((m) => m > 1 && y.length >= 2 * m);
    if (seen.length > 0) return mstl(y, horizon, seen);
    note('no season that was seen twice: ETS instead');
    return plain(past);
  });
}

/** A method that is fitted. It needs `least` values without gaps, and its result may make no sense. */
function fitted(least: number, fallback: Method, search: Method): Method {
  return (past) => {
    const { y, note } = past;
    const seen = y.reduce((count, x) => count + Number(!Number.isNaN(x)), 0);
    const instead = (reason: string) => {
      note(`${reason}, seasonal naive instead`);
      return fallback(past);
    };
    if (seen < least) return instead(`fewer than ${least} values`);
    const whole = withoutGaps(y);
    if (whole.every((x) => x === whole[0])) return instead('all values are the same');
    if (seen < y.length) note('missing values as straight lines between their neighbours');
    let found: Normals;
    try {
      found = search({ ...past, y: whole });
    } catch {
      return instead('no model that fits was found');
    }
    return isSound(found, whole) ? found : instead('the fit did not converge');
  };
}
