/** mamba-ts forecast: the future of every series in a table, without training. */

import { basename } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { forecastTable, type SeriesForecast, viewOf } from '@mamba-ts/forecast/forecastTable';
import type { ForecastView } from '@mamba-ts/forecast/report';
import { forecastTableTogether } from '@mamba-ts/forecast/tableTogether';
import { defaultHorizon, layoutLine, stepsLine, TableNotes } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { CovariateNotes } from './covariateNotes.ts';
import { fileOutput, showView, writeCsv } from './forecastOutput.ts';
import { addBackendOptions, openForecaster } from './load.ts';
import {
  type AnswerFlags,
  addAnswerFlags,
  addTableFlags,
  answerOptions,
  openTable,
  positive,
  type TableFlags,
  tableVerb,
} from './tableFlags.ts';
import { Bar, count, guard, onInterrupt, say } from './terminal.ts';

export interface ForecastFlags extends TableFlags, AnswerFlags {
  horizon?: number;
  model?: string;
  out?: string;
  holidays?: string;
  together?: boolean;
  backend?: string;
  threads?: number;
}

const LEVELS = [80, 95];
/** Series that a terminal shows by itself. */
const SHOWN = 3;

const EXAMPLES = `
Examples:
  mamba-ts forecast sales.csv --horizon 24
  mamba-ts forecast sales.csv --out forecast.html              # also .csv, .json, .svg, .png
  mamba-ts forecast shops.csv --id shop --value units --known promo --future plan.csv --out forecast.csv
  cat load.csv | mamba-ts forecast - > forecast.csv            # CSV into a pipe`;

export function addForecast(program: Command): void {
  const command = tableVerb(program, 'forecast', 'the future of every series in a table, at once: no training')
    .option('--horizon <steps>', 'steps ahead (default: those that the frequency suggests)', positive)
    .option('--out <file>', 'where to write: .csv, .json, .svg, .png or .html')
    .option('--holidays <place>', 'a country, or a part of it, whose holidays are known ahead: DE, DE-BY')
    .option('--together', 'read the series jointly: the past of each may tell of the others')
    .option('--model <folder>', 'a forecaster of your own (default: the one of this package)');
  addAnswerFlags(addBackendOptions(command));
  addTableFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: ForecastFlags) => guard(() => run(path, flags)));
}

async function run(path: string, flags: ForecastFlags): Promise<void> {
  if (flags.together && flags.holidays !== undefined) {
    throw new UsageError('forecast', '--together has no other covariates, got --holidays too. Leave one of them out.');
  }
  // A wrong ending is said before anything is read.
  const output = flags.out === undefined ? undefined : fileOutput(flags.out, () => facts());
  const table = await openTable(path, flags);
  say(layoutLine(table));
  const forecaster = await openForecaster(flags);
  const { first } = table;
  const horizon = flags.horizon ?? (first.ahead || first.facts.future || defaultHorizon(table.frequency));
  say(`${stepsLine(first, flags.season)}; ${horizon} steps ahead, from ${first.axis.label(first.values.length)}`);
  const isShown = output === undefined && process.stdout.isTTY === true;
  // Without intervals or quantiles of one's own, what most people ask for.
  const levels = flags.level ?? (flags.quantiles ? undefined : LEVELS);
  const options = { ...answerOptions({ ...flags, level: levels }, []), horizon };
  const notes = new TableNotes(table);
  const covariates = new CovariateNotes();
  const lines = () => [...notes.lines(), ...covariates.lines()];
  const facts = () => ({
    source: path === '-' ? undefined : basename(path),
    model: forecaster.name,
    notes: lines(),
  });
  const bar = new Bar('{bar} {percentage} % read | {count} series');
  const holidays = flags.holidays === undefined ? undefined : placeOf(flags.holidays);
  const answers = flags.together
    ? forecastTableTogether(forecaster, table, options)
    : forecastTable(forecaster, table, { ...options, holidays }, isShown ? SHOWN + 1 : undefined);
  const abort = new AbortController();
  const release = onInterrupt(() => abort.abort());
  const forecasts = noted(answers, ({ series, forecast }) => {
    // Files are there whole or not at all.
    if (abort.signal.aborted)
      throw new UsageError('forecast', `stopped${flags.out ? `, ${flags.out} is as it was` : ''}.`);
    notes.add(series);
    covariates.add(forecast);
    if (!isShown) bar.update(table.progress() ?? 0, { count: count(notes.count) });
  });
  try {
    if (output) await output.write(viewsOf(forecasts, output, flags.out as string));
    else if (isShown) await show(forecasts);
    else await writeCsv(viewsOf(forecasts, { withPast: false, most: Number.POSITIVE_INFINITY }), process.stdout);
  } finally {
    release();
    bar.stop();
    forecaster.dispose();
  }
  for (const line of lines()) say(line);
  if (flags.out) say(`${count(notes.count)} series of ${horizon} steps in ${flags.out}`);
}

/** 'DE-BY' */
function placeOf(text: string): { country: string; region?: string } {
  const [country, ...region] = text.split('-');
  return { country, ...(region.length > 0 && { region: region.join('-') }) };
}

async function* noted(
  forecasts: AsyncIterable<SeriesForecast>,
  note: (one: SeriesForecast) => void,
): AsyncGenerator<SeriesForecast> {
  for await (const one of forecasts) {
    note(one);
    yield one;
  }
}

async function* viewsOf(
  forecasts: AsyncIterable<SeriesForecast>,
  { withPast, most }: { withPast: boolean; most: number },
  path = '',
): AsyncGenerator<ForecastView> {
  let written = 0;
  for await (const one of forecasts) {
    if (++written > most) {
      throw new UsageError(
        'forecast',
        `${path} shows at most ${most} series, and the table has more. ` +
          'Write .csv or .json, or name the columns to forecast (--value).',
      );
    }
    yield viewOf(one, { withPast });
  }
}

/** The first series of a table on a terminal. */
async function show(forecasts: AsyncIterable<SeriesForecast>): Promise<void> {
  let shown = 0;
  for await (const one of forecasts) {
    if (shown++ === SHOWN) {
      say('\nThere are more series: --out forecast.csv writes them all.');
      return;
    }
    showView(viewOf(one));
  }
}
