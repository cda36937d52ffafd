/** mamba-ts anomalies: values that the past did not let expect, at a promised rate of false alarms. */

import { type Detection, detectAnomalies } from '@mamba-ts/forecast/anomalies';
import { BASELINES, openBaseline } from '@mamba-ts/forecast/baselines';
import { Forecaster } from '@mamba-ts/forecast/forecaster';
import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import { numberFormat } from '@mamba-ts/forecast/report';
import { layoutLine, stepsLine, type TableSeries } from '@mamba-ts/forecast/timeTable';
import { type Command, InvalidArgumentError } from 'commander';
import { addBackendOptions, openForecaster } from './load.ts';
import { type Row, requireRowFile, writeRows } from './rowFile.ts';
import { addTableFlags, openTable, positive, type TableFlags, tableVerb } from './tableFlags.ts';
import { Bar, count, guard, printTable, say } from './terminal.ts';

export interface AnomalyFlags extends TableFlags {
  falseAlarms?: number;
  level?: number;
  calibration?: number;
  start?: number;
  every?: number;
  patience?: number;
  keep?: boolean;
  out?: string;
  model?: string;
  baseline?: string;
  backend?: string;
  threads?: number;
}

/** Flagged values that a terminal shows. */
const SHOWN = 40;

const EXAMPLES = `
Each value is held against the forecast from those before it. How far off the forecasts before were says what is
usual; of normal values, the promised part is flagged.

Examples:
  mamba-ts anomalies load.csv
  mamba-ts anomalies load.csv --false-alarms 0.001 --out flagged.csv     # every value, with its interval and score
  mamba-ts anomalies load.csv --level 99                                 # the forecast’s own interval instead
  mamba-ts anomalies load.csv --every 24                                 # a forecast a day of hours: faster`;

export function addAnomalies(program: Command): void {
  const command = tableVerb(program, 'anomalies', 'values that the past did not let expect')
    .option('--false-alarms <rate>', 'the part of normal values that may be flagged (default: 0.01)', number)
    .option('--level <percent>', 'instead: values outside of this interval of the forecast', number)
    .option(
      '--calibration <n>',
      'forecasts before a value that say what is usual (default: half of all, at most 1000)',
      positive,
    )
    .option('--start <n>', 'values before the first forecast (default: two seasons, at least 8)', positive)
    .option('--every <n>', 'values from one forecast to the next (default: 1)', positive)
    .option('--patience <n>', 'flagged values in a row that are a new level (default: 5)', positive)
    .option('--keep', 'forecast from flagged values as they are (default: drawn in)')
    .option('--out <file>', 'every value with what was expected: .csv or .json')
    .option('--model <folder>', 'a forecaster of your own (default: the one of this package)')
    .option('--baseline <name>', `instead of the model: ${BASELINES.join(', ')}`);
  addTableFlags(addBackendOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: AnomalyFlags) => guard(() => run(path, flags)));
}

interface Found {
  series: TableSeries;
  detection: Detection;
}

async function run(path: string, flags: AnomalyFlags): Promise<void> {
  const { out, baseline } = flags;
  requireRowFile('anomalies: --out', out);
  const table = await openTable(path, flags);
  say(layoutLine(table));
  say(stepsLine(table.first, flags.season));
  const notes = new Set<string>();
  const forecaster = baseline
    ? await openBaseline(baseline, { note: (text) => notes.add(text) })
    : await openForecaster(flags);
  const bar = new Bar('{bar} {percentage} % of series {id}');
  const refused: { id: string; error: unknown }[] = [];
  const tally = new Tally();
  async function* all(): AsyncGenerator<Found> {
    for await (const series of table.series()) {
      const { id, values, seasons } = series;
      const season = flags.season ?? calendarSeasons(seasons);
      const onProgress = (done: number) => bar.update(done, { id });
      try {
        const detection = await detectAnomalies(forecaster, values, { ...optionsOf(flags), season, onProgress });
        tally.add({ series, detection });
        yield { series, detection };
      } catch (error) {
        // One series that is too short does not keep the others from being looked at.
        refused.push({ id, error });
      }
    }
  }
  try {
    if (out === undefined) for await (const _ of all());
    else await writeRows(out, rowsOf(all()));
  } finally {
    bar.stop();
    if (forecaster instanceof Forecaster) forecaster.dispose();
  }
  if (tally.series === 0 && refused.length > 0) throw refused[0].error;
  tally.print();
  for (const { id, error } of refused.slice(0, 3)) say(`${id} is left out: ${(error as Error).message}`);
  if (refused.length > 3) say(`… and ${count(refused.length - 3)} series more`);
  for (const note of notes) say(note);
}

function optionsOf({ falseAlarms, level, calibration, start, every, patience, keep }: AnomalyFlags) {
  const given = Object.entries({ falseAlarms, level, calibration, start, every, patience, keep });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

async function* rowsOf(all: AsyncIterable<Found>): AsyncGenerator<Row> {
  for await (const { series, detection } of all) {
    for (const [t, row] of detection.rows.entries()) {
      const { value, expected, low, high, score, probability, anomaly, phase } = row;
      yield {
        id: series.id,
        time: series.axis.label(t),
        ...{ value, expected, low, high, score, probability, anomaly, phase },
      };
    }
  }
}

/** What a person is told: the flagged values, and how many were to be expected. */
class Tally {
  series = 0;
  private judged = 0;
  private flagged = 0;
  private hindsight = 0;
  private expected = 0;
  private extended = 0;
  private rate = 0;
  private isCalibrated = false;
  private range: [number, number] = [0, 0];
  private readonly shown: string[][] = [];

  add({ series: { id, axis, values }, detection }: Found): void {
    this.series++;
    this.judged += detection.judged;
    this.flagged += detection.flagged;
    this.expected += detection.expected.mean;
    this.range = detection.expected.range;
    this.extended += Number(detection.extended);
    this.rate = detection.rate;
    this.isCalibrated = detection.calibration > 0;
    const show = numberFormat([Array.from(values)]);
    for (const [t, row] of detection.rows.entries()) {
      if (!row.anomaly) continue;
      if (row.phase === 'calibration') this.hindsight++;
      if (this.shown.length >= SHOWN) continue;
      const { value, expected, low, high, score } = row;
      this.shown.push([
        id,
        axis.label(t),
        show(value),
        show(expected),
        `${show(low)} … ${show(high)}`,
        score.toFixed(1),
      ]);
    }
  }

  print(): void {
    const { shown, flagged, hindsight, judged } = this;
    if (shown.length > 0) printTable([['series', 'time', 'value', 'expected', 'normal', 'score'], ...shown]);
    const left = flagged + hindsight - shown.length;
    if (left > 0) say(`… and ${count(left)} more: --out flagged.csv writes them all`);
    const range = this.series === 1 ? ` (${count(this.range[0])} to ${count(this.range[1])})` : '';
    const alarms = this.expected < 10 ? this.expected.toFixed(1) : count(this.expected);
    say(
      `${count(flagged)} of ${count(judged)} values flagged; ${alarms}${range} false alarms are to be expected ` +
        (this.isCalibrated ? `at a rate of ${this.rate}` : 'if the intervals of the forecast hold'),
    );
    if (hindsight > 0) say(`${count(hindsight)} more in the calibration, in hindsight`);
    if (this.extended > 0) {
      say(
        `${this.series === 1 ? 'Fewer' : `In ${count(this.extended)} series fewer`} than ${count(1 / this.rate)} values to calibrate on: the tail of the scores is extrapolated, the rate a guess`,
      );
    }
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`got ${JSON.stringify(text)}, expected a number.`);
}
