/** mamba-ts backtest: how good forecasts of these series would have been, beside baselines. */

import { basename } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { type Backtest, backtest, backtestTable, type NamedSeries, type Window } from '@mamba-ts/forecast/backtest';
import { BASELINES, isBaseline, openBaseline } from '@mamba-ts/forecast/baselines';
import type { Forecaster } from '@mamba-ts/forecast/forecaster';
import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import { defaultHorizon, layoutLine, stepsLine, type TableSeries, type TimeTable } from '@mamba-ts/forecast/timeTable';
import type { SeasonOption, SeriesForecaster } from '@mamba-ts/forecast/types';
import { type Command, InvalidArgumentError } from 'commander';
import { addBackendOptions, openForecaster } from './load.ts';
import { type Row, requireRowFile, writeRows } from './rowFile.ts';
import { addTableFlags, names, numbers, openTable, positive, type TableFlags, tableVerb } from './tableFlags.ts';
import { Bar, count, guard, printTable, say } from './terminal.ts';
import { writeFile } from './textFile.ts';

export interface BacktestFlags extends TableFlags {
  horizon?: number;
  windows: number;
  step?: number;
  baselines: string[];
  level: number[];
  /** false: --no-model. */
  model?: string | false;
  out?: string;
  forecasts?: string;
  backend?: string;
  threads?: number;
}

const EXAMPLES = `
At each origin a forecaster sees the values before it alone. MASE is relative to the past error of repeating the last
season: below 1 is better. WQL is the error of the deciles, in parts of the values.

Examples:
  mamba-ts backtest sales.csv --horizon 24 --windows 4
  mamba-ts backtest sales.csv --horizon 24 --windows 4 --baselines snaive,ets,mstl,arima --out scores.csv
  mamba-ts backtest sales.csv --windows 12 --step 1 --forecasts forecasts.csv     # all that was forecast, beside what came`;

export function addBacktest(program: Command): void {
  const command = tableVerb(program, 'backtest', 'how good forecasts of the past would have been, beside baselines')
    .option('--horizon <steps>', 'steps ahead (default: those that the frequency suggests)', positive)
    .option('--windows <n>', 'origins of each series', positive, 1)
    .option('--step <steps>', 'from one origin to the next (default: the horizon)', positive)
    .option('--baselines <names>', `of ${BASELINES.join(', ')}, or none`, baselineNames, ['snaive'])
    .option('--level <percents>', 'intervals whose coverage is counted', numbers, [80, 95])
    .option('--out <file>', 'scores of every series: .csv or .json')
    .option('--forecasts <file>', 'what was forecast at each origin, beside what came: .csv or .json')
    .option('--model <folder>', 'a forecaster of your own (default: the one of this package)')
    .option('--no-model', 'baselines alone');
  addTableFlags(addBackendOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: BacktestFlags) => guard(() => run(path, flags)));
}

async function run(path: string, flags: BacktestFlags): Promise<void> {
  const { windows, step, out, level: levels } = flags;
  requireRowFile('backtest: --out', out);
  requireRowFile('backtest: --forecasts', flags.forecasts);
  if (flags.model === false && flags.baselines.length === 0) {
    throw new UsageError(
      'backtest',
      '--no-model and --baselines none leave nothing to measure, expected one forecaster at least.',
    );
  }
  const table = await openTable(path, flags);
  say(layoutLine(table));
  const horizon = flags.horizon ?? defaultHorizon(table.frequency);
  say(`${stepsLine(table.first, flags.season)}; ${windows} × ${horizon} steps of each series are forecast`);
  if (table.layout.known.length + table.layout.past.length > 0) say('Covariates are not read in a backtest.');
  const notes = new Set<string>();
  const own = flags.model === false ? undefined : await openForecaster({ ...flags, model: flags.model });
  const forecasters: SeriesForecaster[] = own ? [own] : [];
  for (const name of flags.baselines) forecasters.push(await openBaseline(name, { note: (text) => notes.add(text) }));
  const seen: TableSeries[] = [];
  const windowRows = new Rows();
  const written = flags.forecasts === undefined ? undefined : writeRows(flags.forecasts, windowRows.all());
  const bar = new Bar('{bar} {percentage} % read | {count} forecasts');
  let found: Backtest;
  try {
    found = await backtest(forecasters, named(table, flags.season, written ? seen : undefined), {
      ...{ horizon, windows, step, levels },
      onWindow: written && ((window) => windowRows.add(rowsOf(window, seen))),
      onProgress: (done) => bar.update(table.progress() ?? 0, { count: count(done * forecasters.length) }),
    });
  } finally {
    bar.stop();
    (own as Forecaster | undefined)?.dispose();
    windowRows.end();
    await written;
  }
  report(found, { horizon, path, notes: [...notes] });
  if (out !== undefined) await writeScores(out, found);
}

/** What was measured, to stdout; what there is to know of it, to stderr. */
function report(found: Backtest, { horizon, path, notes }: { horizon: number; path: string; notes: string[] }): void {
  const { overall, series, skipped } = found;
  if (series.length === 0) {
    throw new UsageError(
      'backtest',
      `no series of ${basename(path)} has more than ${horizon} values, expected the horizon and a past before it. Shorten --horizon.`,
    );
  }
  printTable(backtestTable(found));
  if (skipped.length > 0) say(`${count(skipped.length)} series are too short: ${listed(skipped)}`);
  const { unscaled } = overall[0];
  if (unscaled > 0)
    say(`${count(unscaled)} of ${count(overall[0].series)} series have no MASE: their past is constant or short`);
  for (const note of notes) say(note);
}

const listed = (all: readonly string[]): string => `${all.slice(0, 5).join(', ')}${all.length > 5 ? ', …' : ''}`;

/** Series with the season that was said, or that of the calendar. */
async function* named(
  table: TimeTable,
  season: SeasonOption | undefined,
  seen?: TableSeries[],
): AsyncGenerator<NamedSeries> {
  for await (const one of table.series()) {
    seen?.push(one);
    yield { id: one.id, values: one.values, season: season ?? calendarSeasons(one.seasons) };
  }
}

async function writeScores(path: string, { overall, series, skipped }: Backtest): Promise<void> {
  if (path.endsWith('.json')) {
    await writeFile(path, `${JSON.stringify({ overall, series, skipped }, null, 2)}\n`);
    return;
  }
  const rows = series.map(
    ({ id, forecaster, windows, season, mae, smape, mase, rmsse, wql, crps, coverage, width }): Row => ({
      ...{ id, forecaster, windows, season, mae, smape, mase, rmsse, wql, crps },
      ...Object.fromEntries(Object.entries(coverage).map(([level, part]) => [`coverage${level}`, part])),
      ...Object.fromEntries(Object.entries(width).map(([level, mean]) => [`width${level}`, mean])),
    }),
  );
  const all = new Rows();
  all.add(rows);
  all.end();
  await writeRows(path, all.all());
}

/** A row for each step of each forecaster. */
function rowsOf({ series, id, cutoff, truth, forecasts }: Window, seen: readonly TableSeries[]): Row[] {
  const { axis } = seen[series];
  return Object.entries(forecasts).flatMap(([forecaster, { mean, median, quantiles, intervals = {} }]) =>
    Array.from(truth, (actual, t) => ({
      ...{ id, cutoff: axis.label(cutoff - 1), time: axis.label(cutoff + t), actual, forecaster },
      ...{ mean: mean[t], median: median[t] },
      ...Object.fromEntries(Object.entries(quantiles).map(([key, values]) => [`q${key}`, values[t]])),
      ...Object.fromEntries(
        Object.entries(intervals).flatMap(([level, { low, high }]) => [
          [`low${level}`, low[t]],
          [`high${level}`, high[t]],
        ]),
      ),
    })),
  );
}

/** Rows that are added on one side and taken on the other. */
class Rows {
  private waiting: Row[] = [];
  private isOver = false;
  private wake = () => {};

  add(rows: readonly Row[]): void {
    // Not spread: there may be more rows than a call takes arguments.
    for (const row of rows) this.waiting.push(row);
    this.wake();
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }

  async *all(): AsyncGenerator<Row> {
    for (;;) {
      const rows = this.waiting;
      this.waiting = [];
      yield* rows;
      if (rows.length > 0) continue;
      if (this.isOver) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

function baselineNames(text: string): string[] {
  if (text === 'none') return [];
  const found = [...new Set(names(text))];
  const unknown = found.find((name) => !isBaseline(name));
  if (unknown === undefined) return found;
  throw new InvalidArgumentError(`got '${unknown}', expected ${BASELINES.join(', ')}, separated by commas, or none.`);
}
