/**
 * Forecasters measured on the past of series, at rolling origins.
 *
 *   const { overall } = await backtest([forecaster, await openBaseline('snaive')], series, { horizon: 24, windows: 4 });
 *   overall[0].mase; overall[0].relative;          // below 1: better than the seasonal naive forecast
 *
 * MASE is scaled by the error of the seasonal naive forecast before the origin, with the season that is given or the
 * one that is found in the values before the first origin. Series without a scale (constant ones) have no MASE.
 */
import { shortestSeason } from '../history.ts';
import { ResultStream } from '../resultStream.ts';
import { seasonHint } from '../seasons.ts';
import { checkValues } from '../values.ts';
import { type BacktestOptions, checkBacktest } from './options.ts';
import { count, emptyTally, relative, type Scores, scoresOf, type Tally } from './scores.ts';
import { type BacktestInput, type NamedSeries, namedSeries } from './series.ts';
import { checkForecasters, crossValidate, cutoffs, type Forecasters, type Window } from './windows.ts';

/** The scores of a forecaster on one series. */
export interface SeriesScores extends Scores {
  id: string;
  forecaster: string;
  windows: number;
  /** The season that scales MASE, in steps. */
  season: number;
}

/** The scores of a forecaster over all series. */
export interface OverallScores extends Scores {
  forecaster: string;
  /** Series that were measured. */
  series: number;
  /** Series among them whose MASE is not defined. */
  unscaled: number;
  /** MAE relative to that of the seasonal naive forecast, geometric mean over series. Only if `snaive` is measured. */
  relative?: number;
  /** Series whose MAE is smaller than that of the seasonal naive forecast. */
  better?: number;
  seconds: number;
  /** Forecasts per second. */
  perSecond: number;
}

/** The result of a backtest. */
export interface Backtest {
  overall: OverallScores[];
  series: SeriesScores[];
  /** Series that are too short for a single window. */
  skipped: string[];
}

/**
 * Measures forecasters. Await the result for the scores. Iterate over it first to get every window.
 *
 * @example
 * const run = backtest([forecaster, await openBaseline('snaive')], table, { horizon: 24, windows: 4 });
 * for await (const { id, cutoff, truth, forecasts } of run) …
 * const { overall, series } = await run;
 *
 * @param input one series, several, with or without names, or a table
 */
export function backtest(
  forecasters: Forecasters,
  input: BacktestInput,
  options: BacktestOptions,
): ResultStream<Window, Backtest> {
  const run = new Run();
  return new ResultStream(
    () => run.windows(forecasters, input, options),
    () => run.result(),
  );
}

/** One backtest: its windows, and the sums of their scores. */
class Run {
  private names: readonly string[] = [];
  private seconds: number[] = [];
  private windowsDone = 0;
  private readonly skipped: string[] = [];
  /** By index among the series that are long enough. */
  private readonly open = new Map<number, Measured>();

  async *windows(
    forecasters: Forecasters,
    input: BacktestInput,
    options: BacktestOptions,
  ): AsyncGenerator<Window, void> {
    const all = checkForecasters(forecasters);
    this.names = all.map(({ name }) => name);
    this.seconds = this.names.map(() => 0);
    for await (const batch of crossValidate(all, this.measurable(input, options), options)) {
      for (const window of batch.windows) {
        this.measure(window);
        yield window;
      }
      this.names.forEach((name, i) => {
        this.seconds[i] += batch.seconds[name];
      });
      // Only the sums of a series are kept once the next ones have begun.
      const last = batch.windows[batch.windows.length - 1].series;
      for (const [at, one] of this.open) if (at < last) one.y = EMPTY;
    }
  }

  /** The series that are long enough for a window. */
  private async *measurable(input: BacktestInput, options: BacktestOptions): AsyncGenerator<NamedSeries> {
    const rolling = checkBacktest(options);
    let at = 0;
    for await (const one of namedSeries(input, options.season)) {
      const y = checkValues(one.values, one.id);
      const [first] = cutoffs(y, rolling);
      if (first === undefined) {
        this.skipped.push(one.id);
        continue;
      }
      const season = shortestSeason(y.slice(0, first), seasonHint(one.season ?? options.season, 'backtest'));
      this.open.set(at++, { id: one.id, y, season, windows: 0, tallies: this.names.map(emptyTally) });
      yield one;
    }
  }

  private measure({ series, cutoff, truth, forecasts }: Window): void {
    const one = this.open.get(series)!;
    one.windows++;
    this.windowsDone++;
    this.names.forEach((name, i) => {
      count(one.tallies[i], truth, forecasts[name], one.y.subarray(0, cutoff), one.season);
    });
  }

  result(): Backtest {
    const { names, seconds, windowsDone, skipped } = this;
    const all = [...this.open.values()];
    const series = all.flatMap(({ id, season, windows, tallies }) =>
      names.map((forecaster, i) => ({ id, forecaster, windows, season, ...scoresOf([tallies[i]]) })),
    );
    const errorsOf = (name: string) => series.filter((row) => row.forecaster === name).map((row) => row.mae);
    const naive = names.includes('snaive') ? errorsOf('snaive') : undefined;
    const overall = names.map((forecaster, i): OverallScores => {
      const rows = series.filter((row) => row.forecaster === forecaster);
      const errors = errorsOf(forecaster);
      return {
        forecaster,
        series: all.length,
        unscaled: rows.filter(({ mase }) => Number.isNaN(mase)).length,
        ...scoresOf(all.map(({ tallies }) => tallies[i])),
        ...(naive && {
          relative: relative(errors, naive),
          better: errors.filter((error, j) => error < naive[j]).length,
        }),
        seconds: seconds[i],
        perSecond: windowsDone / seconds[i],
      };
    });
    return { overall, series, skipped };
  }
}

const EMPTY = new Float64Array(0);

interface Measured {
  id: string;
  y: Float64Array;
  season: number;
  windows: number;
  tallies: Tally[];
}
