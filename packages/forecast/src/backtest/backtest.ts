/**
 * Forecasters measured on the past of series, at rolling origins.
 *
 *   const { overall } = await backtest([forecaster, await openBaseline('snaive')], series, { horizon: 24, windows: 4 });
 *   overall[0].mase; overall[0].relative;          // below 1: better than the seasonal naive forecast
 *
 * MASE is scaled by the error of the seasonal naive forecast before the origin: with the season that is given, or the
 * one that is found in the values before the first origin. Series without a scale (constant ones) have no MASE.
 */
import { shortestSeason } from '../history.ts';
import { seasonHint } from '../seasons.ts';
import type { SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { count, emptyTally, relative, type Scores, scoresOf, type Tally } from './scores.ts';
import { checkWindows, crossValidate, cutoffs, type NamedSeries, type Window, type WindowOptions } from './windows.ts';

export interface BacktestOptions extends WindowOptions {
  /** Told of each window: for tables of all that was forecast. */
  onWindow?: (window: Window) => void;
  /** Told of the number of forecasts that are done, by each forecaster. */
  onProgress?: (done: number) => void;
}

export interface SeriesScores extends Scores {
  id: string;
  forecaster: string;
  windows: number;
  /** Steps of the season that scales MASE. */
  season: number;
}

export interface OverallScores extends Scores {
  forecaster: string;
  /** Series that were measured. */
  series: number;
  /** Series among them whose MASE is not defined. */
  unscaled: number;
  /** MAE relative to the seasonal naive one's, geometric mean over series; only where that is among the forecasters. */
  relative?: number;
  /** Series on which it is better than the seasonal naive one. */
  better?: number;
  seconds: number;
  /** Forecasts a second. */
  perSecond: number;
}

export interface Backtest {
  overall: OverallScores[];
  series: SeriesScores[];
  /** Series that are too short for a single window. */
  skipped: string[];
}

export async function backtest(
  forecasters: readonly SeriesForecaster[],
  series: Iterable<NamedSeries | Values> | AsyncIterable<NamedSeries | Values>,
  { onWindow, onProgress, ...options }: BacktestOptions,
): Promise<Backtest> {
  const rolling = checkWindows(forecasters, options);
  const names = forecasters.map(({ name }) => name);
  const open = new Map<number, Measured>();
  const skipped: string[] = [];
  async function* measurable(): AsyncGenerator<NamedSeries> {
    let [given, at] = [0, 0];
    for await (const next of series) {
      const one = named(next, given++);
      const y = checkValues(one.values, one.id);
      const [first] = cutoffs(y, rolling);
      if (first === undefined) {
        skipped.push(one.id);
        continue;
      }
      const season = shortestSeason(y.slice(0, first), seasonHint(one.season ?? options.season, 'backtest'));
      open.set(at++, { id: one.id, y, season, windows: 0, tallies: names.map(emptyTally) });
      yield one;
    }
  }
  const seconds = names.map(() => 0);
  let done = 0;
  for await (const batch of crossValidate(forecasters, measurable(), options)) {
    for (const window of batch.windows) {
      const one = open.get(window.series)!;
      one.windows++;
      names.forEach((name, i) => {
        count(one.tallies[i], window.truth, window.forecasts[name], one.y.subarray(0, window.cutoff), one.season);
      });
      onWindow?.(window);
    }
    // Nothing but the sums of a series is kept once the next ones have begun.
    const last = batch.windows[batch.windows.length - 1].series;
    for (const [at, one] of open) if (at < last) one.y = EMPTY;
    names.forEach((name, i) => {
      seconds[i] += batch.seconds[name];
    });
    done += batch.windows.length;
    onProgress?.(done);
  }
  const all = [...open.values()];
  const rows = all.flatMap(({ id, season, windows, tallies }) =>
    names.map((forecaster, i) => ({ id, forecaster, windows, season, ...scoresOf([tallies[i]]) })),
  );
  const errorsOf = (name: string) => rows.filter((row) => row.forecaster === name).map((row) => row.mae);
  const naive = names.includes('snaive') ? errorsOf('snaive') : undefined;
  const overall = names.map((forecaster, i): OverallScores => {
    const own = rows.filter((row) => row.forecaster === forecaster);
    const errors = errorsOf(forecaster);
    return {
      forecaster,
      series: all.length,
      unscaled: own.filter(({ mase }) => Number.isNaN(mase)).length,
      ...scoresOf(all.map(({ tallies }) => tallies[i])),
      ...(naive && {
        relative: relative(errors, naive),
        better: errors.filter((error, j) => error < naive[j]).length,
      }),
      seconds: seconds[i],
      perSecond: done / seconds[i],
    };
  });
  return { overall, series: rows, skipped };
}

const EMPTY = new Float64Array(0);

interface Measured {
  id: string;
  y: Float64Array;
  season: number;
  windows: number;
  tallies: Tally[];
}

function named(given: NamedSeries | Values, at: number): NamedSeries {
  return 'values' in given && 'id' in given ? given : { id: String(at), values: given as Values };
}
