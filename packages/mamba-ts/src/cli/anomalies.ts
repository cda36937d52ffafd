/** mamba-ts anomalies: values that are unlikely given the past, at a promised rate of false alarms. */

import type { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { type Detection, detectAnomalies, detectorFields, type SeriesDetection } from '@mamba-ts/forecast/anomalies';
import { baselineNames, openBaseline } from '@mamba-ts/forecast/baselines';
import { numberFormat } from '@mamba-ts/forecast/report';
import { layoutLine, stepsLine } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { addFieldFlags, optionsIn } from './fieldFlags.ts';
import { addBackendOptions, openForecaster } from './load.ts';
import { type Row, requireRowFile, writeRows } from './rowFile.ts';
import { addTableArgument, addTableFlags, openTable, type TableFlags } from './tableFlags.ts';
import { Bar, guard, printTable, say } from './terminal.ts';

interface AnomalyFlags extends TableFlags {
  out?: string;
  model?: string;
  baseline?: string;
  backend?: string;
  threads?: number;
}

/** Flagged values that a terminal shows. */
const SHOWN = 40;

const EXAMPLES = `
Each value is compared with the forecast from those before it. The errors of earlier forecasts say what is usual; of
normal values, the promised share is flagged.

Examples:
  mamba-ts anomalies load.csv
  mamba-ts anomalies load.csv --false-alarms 0.001 --out flagged.csv     # every value, with its interval and score
  mamba-ts anomalies load.csv --level 99                                 # the interval of the forecast instead
  mamba-ts anomalies load.csv --every 24                                 # one forecast for 24 values: faster`;

const { season: _, ...fields } = detectorFields;

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  addTableArgument(command);
  addFieldFlags(command, fields)
    .option('--out <file>', 'every value with what was expected: .csv or .json')
    .option('--model <folder>', 'a forecaster of your own. Default: the one of this package.')
    .option('--baseline <name>', `instead of the model: ${baselineNames.join(', ')}`);
  addTableFlags(addBackendOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: AnomalyFlags) => guard(() => run(path, flags)));
}

type Found = Pick<SeriesDetection, 'series'> & { detection: Detection };

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
  const options = {
    ...optionsIn(flags, detectorFields),
    onProgress: (done: number, id?: string) => bar.update(done, { id: id ?? '' }),
  };
  const refused: { id: string; reason: UsageError }[] = [];
  const tally = new Tally();
  async function* found(): AsyncGenerator<Found> {
    for await (const { series, detection, refused: reason } of detectAnomalies(forecaster, table, options)) {
      if (reason) refused.push({ id: series.id, reason });
      else {
        tally.add({ series, detection });
        yield { series, detection };
      }
    }
  }
  try {
    if (out === undefined) for await (const _ of found());
    else await writeRows(out, rowsOf(found()));
  } finally {
    bar.stop();
    forecaster.dispose();
  }
  if (tally.series === 0 && refused.length > 0) throw refused[0].reason;
  tally.print();
  for (const { id, reason } of refused.slice(0, 3)) say(`${id} is left out: ${reason.message}`);
  if (refused.length > 3) say(`… and ${thousands(refused.length - 3)} series more`);
  for (const note of notes) say(note);
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

/** The summary: the flagged values, and the number of false alarms to expect. */
class Tally {
  series = 0;
  private judged = 0;
  private flagged = 0;
  private calibrating = 0;
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
      if (row.phase === 'calibration') this.calibrating++;
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
    const { shown, flagged, calibrating, judged } = this;
    if (shown.length > 0) printTable([['series', 'time', 'value', 'expected', 'normal', 'score'], ...shown]);
    const left = flagged + calibrating - shown.length;
    if (left > 0) say(`… and ${thousands(left)} more: --out flagged.csv writes them all`);
    const range = this.series === 1 ? ` (${thousands(this.range[0])} to ${thousands(this.range[1])})` : '';
    const alarms = this.expected < 10 ? this.expected.toFixed(1) : thousands(this.expected);
    say(
      `${thousands(flagged)} of ${thousands(judged)} values flagged; ${alarms}${range} false alarms are to be expected ` +
        (this.isCalibrated ? `at a rate of ${this.rate}` : 'if the intervals of the forecast hold'),
    );
    if (calibrating > 0) say(`${thousands(calibrating)} more among the values that calibrate`);
    if (this.extended > 0) {
      say(
        `${this.series === 1 ? 'Fewer' : `In ${thousands(this.extended)} series fewer`} than ${thousands(1 / this.rate)} values to calibrate on: the tail of the scores is extrapolated, the rate a guess`,
      );
    }
  }
}
