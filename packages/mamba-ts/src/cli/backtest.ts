/** mamba-ts backtest: how good forecasts of these series would have been, compared with baselines. */

import { basename } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { completeField } from '@mamba-ts/core/schema';
import { type Backtest, backtest, backtestFields, backtestTable, type Window } from '@mamba-ts/forecast/backtest';
import { type BaselineName, baselineNames, baselinesField, openBaseline } from '@mamba-ts/forecast/baselines';
import type { Forecaster } from '@mamba-ts/forecast/forecaster';
import { defaultHorizon, layoutLine, stepsLine } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { addFieldFlags, optionsIn } from './fieldFlags.ts';
import { addBackendOptions, openForecaster } from './load.ts';
import { type Row, requireRowFile, writeRows } from './rowFile.ts';
import { addTableArgument, addTableFlags, openTable, type TableFlags } from './tableFlags.ts';
import { Bar, guard, printTable, say } from './terminal.ts';
import { writeFile } from './textFile.ts';

interface BacktestFlags extends TableFlags {
  horizon?: number;
  windows?: number;
  baselines?: readonly BaselineName[];
  /** false: --no-model. */
  model?: string | false;
  out?: string;
  forecasts?: string;
  backend?: string;
  threads?: number;
}

const EXAMPLES = `
At each origin a forecaster sees only the values before it. MASE is relative to the past error of repeating the last
season; below 1 is better. WQL is the error of the deciles, relative to the values.

Examples:
  mamba-ts backtest sales.csv --horizon 24 --windows 4
  mamba-ts backtest sales.csv --horizon 24 --windows 4 --baselines snaive,ets,mstl,arima --out scores.csv
  mamba-ts backtest sales.csv --windows 12 --step 1 --forecasts forecasts.csv     # forecasts and actual values`;

const { season: _, horizon, ...fields } = backtestFields;
const flagFields = {
  horizon: { ...horizon, help: 'steps ahead. Default: by the frequency.' },
  ...fields,
  baselines: baselinesField(baselineNames),
};

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  addTableArgument(command);
  addFieldFlags(command, flagFields)
    .option('--out <file>', 'scores of every series: .csv or .json')
    .option('--forecasts <file>', 'the forecasts of each origin, with the actual values: .csv or .json')
    .option('--model <folder>', 'a forecaster of your own. Default: the one of this package.')
    .option('--no-model', 'baselines alone');
  addTableFlags(addBackendOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: BacktestFlags) => guard(() => run(path, flags)));
}

async function run(path: string, flags: BacktestFlags): Promise<void> {
  requireRowFile('backtest: --out', flags.out);
  requireRowFile('backtest: --forecasts', flags.forecasts);
  const baselines = completeField('backtest', 'baselines', flagFields.baselines, flags.baselines);
  if (flags.model === false && baselines.length === 0) {
    throw new UsageError(
      'backtest',
      '--no-model and --baselines none leave nothing to measure, expected one forecaster at least.',
    );
  }
  const table = await openTable(path, flags);
  say(layoutLine(table));
  const horizon = flags.horizon ?? defaultHorizon(table.frequency);
  const windows = flags.windows ?? 1;
  say(`${stepsLine(table.first, flags.season)}; ${windows} × ${horizon} steps of each series are forecast`);
  if (table.layout.known.length + table.layout.past.length > 0) say('Covariates are not read in a backtest.');
  const notes = new Set<string>();
  const forecasters = await openAll({ ...flags, baselines }, (text) => notes.add(text));
  const bar = new Bar('{bar} {percentage} % read | {count} forecasts');
  const measured = backtest(forecasters, table, { ...optionsIn(flags, backtestFields), horizon });
  async function* windowsSoFar(): AsyncGenerator<Window> {
    let done = 0;
    for await (const window of measured) {
      bar.update(table.progress() ?? 0, { count: thousands(++done * forecasters.length) });
      yield window;
    }
  }
  try {
    if (flags.forecasts !== undefined) await writeRows(flags.forecasts, rowsOf(windowsSoFar()));
    else for await (const _ of windowsSoFar());
  } finally {
    bar.stop();
    for (const forecaster of forecasters) forecaster.dispose();
  }
  const found = await measured;
  report(found, { horizon, path, notes: [...notes] });
  if (flags.out !== undefined) await writeScores(flags.out, found);
}

/** The model, unless --no-model, and the baselines. */
async function openAll(
  { model, baselines, ...flags }: BacktestFlags & { baselines: readonly BaselineName[] },
  note: (text: string) => void,
): Promise<Forecaster[]> {
  const own = model === false ? [] : [await openForecaster({ ...flags, model })];
  return [...own, ...(await Promise.all(baselines.map((name) => openBaseline(name, { note }))))];
}

/** Prints the scores to stdout, and notes to stderr. */
function report(found: Backtest, { horizon, path, notes }: { horizon: number; path: string; notes: string[] }): void {
  const { overall, series, skipped } = found;
  if (series.length === 0) {
    throw new UsageError(
      'backtest',
      `no series of ${basename(path)} has more than ${horizon} values, expected the horizon and a past before it. Shorten --horizon.`,
    );
  }
  printTable(backtestTable(found));
  if (skipped.length > 0) say(`${thousands(skipped.length)} series are too short: ${listed(skipped)}`);
  const { unscaled } = overall[0];
  if (unscaled > 0)
    say(
      `${thousands(unscaled)} of ${thousands(overall[0].series)} series have no MASE: their past is constant or short`,
    );
  for (const note of notes) say(note);
}

const listed = (all: readonly string[]): string => `${all.slice(0, 5).join(', ')}${all.length > 5 ? ', …' : ''}`;

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
  await writeRows(path, rows);
}

async function* rowsOf(windows: AsyncIterable<Window>): AsyncGenerator<Row> {
  for await (const window of windows) yield* rowsOfWindow(window);
}

/** A row for each step of each forecaster. */
function rowsOfWindow({ id, cutoff, truth, forecasts, axis }: Window): Row[] {
  const label = (step: number) => axis?.label(step) ?? String(step + 1);
  return Object.entries(forecasts).flatMap(([forecaster, { mean, median, quantiles, intervals = {} }]) =>
    Array.from(truth, (actual, t) => ({
      ...{ id, cutoff: label(cutoff - 1), time: label(cutoff + t), actual, forecaster },
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
