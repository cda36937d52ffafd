/** What a baseline is: a method from the past of one series to a normal distribution of each step ahead. */
import { withoutGaps } from '../gaps.ts';
import type { Normals } from './gaussian.ts';
import { type Note, seasonalNaive } from './naive.ts';
import { isSound } from './sound.ts';

/** One series with its season. */
export interface Past {
  /** The values; NaN where one is missing. */
  y: Float64Array;
  /** The shortest season; 1: none. */
  season: number;
  /** All seasons. */
  seasons: readonly number[];
  /** Steps ahead. */
  horizon: number;
  /** Gets a reason to answer with another method. */
  note: Note;
}

/** Forecasts one series. */
export type Method = (past: Past) => Normals;

/** An entry in the table of baselines. */
export interface Baseline {
  /** Whether a forecast takes less than a millisecond: servers offer such baselines only. */
  fast: boolean;
  /** Loads the method, with the library that it needs. */
  open(): Method | Promise<Method>;
}

/**
 * A method that is fitted. If there are fewer than `least` values, or the fit fails, the seasonal naive forecast
 * replaces it. Missing values are interpolated first.
 */
export function fitted(least: number, search: Method): Method {
  return (past) => {
    const { y, note } = past;
    const seen = y.reduce((count, x) => count + Number(!Number.isNaN(x)), 0);
    const instead = (reason: string) => {
      note(`${reason}, seasonal naive instead`);
      return seasonalNaive(past);
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
