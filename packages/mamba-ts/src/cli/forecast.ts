/** mamba-ts forecast: the future of every series in a table, without training. */

import { basename } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { skippedSteps } from '@mamba-ts/forecast/compose';
import type { SeriesForecast } from '@mamba-ts/forecast/forecaster';
import { forecastFields } from '@mamba-ts/forecast/options';
import { layoutLine, stepsLine, suggestedHorizon } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { addFieldFlags, optionsIn } from './fieldFlags.ts';
import { ForecastNotes } from './forecastNotes.ts';
import { outputFor } from './forecastOutput.ts';
import { addBackendOptions, openForecaster } from './load.ts';
import { addTableArgument, addTableFlags, openTable, type TableFlags } from './tableFlags.ts';
import { asFlags, Bar, guard, onInterrupt, say } from './terminal.ts';
import { PATHS, Totals } from './totals.ts';

interface ForecastFlags extends TableFlags {
  horizon?: number;
  level?: number[];
  quantiles?: number[];
  from?: string;
  intermittent?: boolean;
  samples?: number;
  total?: boolean;
  model?: string;
  out?: string;
  backend?: string;
  threads?: number;
}

/** Intervals, unless intervals or quantiles are given. */
const LEVELS = [80, 95];

const EXAMPLES = `
Examples:
  mamba-ts forecast sales.csv --horizon 24
  mamba-ts forecast sales.csv --out forecast.html              # also .csv, .json, .svg, .png
  mamba-ts forecast shops.csv --id shop --value units --known promo --future plan.csv --lower 0 --out forecast.csv
  cat load.csv | mamba-ts forecast - > forecast.csv            # CSV into a pipe`;

const { season: _, horizon, ...fields } = forecastFields;
const answerFields = { horizon: { ...horizon, help: 'steps ahead. Default: by the frequency.' }, ...fields };

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  addTableArgument(command)
    .option('--out <file>', 'where to write: .csv, .json, .svg, .png or .html')
    .option('--total', 'the total over the horizon as well, with its interval')
    .option('--model <folder>', 'a forecaster of your own. Default: the one of this package.');
  addFieldFlags(addBackendOptions(command).optionsGroup('Forecast:'), answerFields);
  command.option('--no-intermittent', 'forecast series with many zeros as others. Default: as intermittent demand.');
  addTableFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: ForecastFlags) => guard(() => run(path, flags)));
}

async function run(path: string, flags: ForecastFlags): Promise<void> {
  // A wrong ending is refused before anything is read.
  const output = outputFor(flags.out);
  if (flags.samples !== undefined && !flags.out?.endsWith('.json')) {
    const got = flags.out ? `--out is ${flags.out}` : 'there is no --out';
    throw new UsageError(
      'forecast',
      `--samples is given and ${got}, expected a file that ends in .json: it holds the paths.`,
    );
  }
  const table = await openTable(path, flags);
  say(layoutLine(table));
  const forecaster = await openForecaster(flags);
  const { first } = table;
  const horizon = flags.horizon ?? suggestedHorizon(table);
  const skipped = skippedSteps({ ...first, name: 'the first series' }, { from: flags.from ?? 1, horizon });
  const begin = first.axis.label(first.values.length + skipped);
  say(`${stepsLine(first, flags.season)}; ${horizon} steps ahead, from ${begin}`);
  const levels = flags.level ?? (flags.quantiles ? undefined : LEVELS);
  const intermittent = flags.intermittent ?? true;
  const samples = flags.samples ?? (flags.total ? PATHS : undefined);
  const options = { ...optionsIn(flags, forecastFields), intermittent, samples, horizon, levels };
  const totals = new Totals(flags.level?.[0] ?? LEVELS[0]);
  const notes = new ForecastNotes(table);
  const bar = new Bar('{bar} {percentage} % read | {count} series');
  const interrupt = new AbortController();
  const release = onInterrupt(() => interrupt.abort());
  async function* noted(forecasts: AsyncIterable<SeriesForecast>): AsyncGenerator<SeriesForecast> {
    for await (const one of forecasts) {
      if (interrupt.signal.aborted) throw new UsageError('forecast', `stopped${output.left}.`);
      notes.add(one);
      if (!output.isShown) bar.update(table.progress() ?? 0, { count: thousands(notes.count) });
      if (flags.total) totals.add(one);
      // Paths that only the total needs are not written.
      yield flags.samples === undefined ? { ...one, forecast: { ...one.forecast, samples: undefined } } : one;
    }
  }
  try {
    await output.write(noted(forecaster.forecast(table, { ...options, batch: output.batch })), () => ({
      source: path === '-' ? undefined : basename(path),
      model: forecaster.name,
      notes: [...totals.lines(), ...notes.lines()],
    }));
  } finally {
    release();
    bar.stop();
    forecaster.dispose();
  }
  for (const line of [...totals.lines(), ...notes.lines()]) say(asFlags(line));
  if (flags.out) say(`${thousands(notes.count)} series of ${horizon} steps in ${flags.out}`);
}
