/** mamba-ts start: forecasts a bundled series offline, with a chart and a report, and says what to try next. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { html, viewOf } from '@mamba-ts/forecast/report';
import { openTimeTable } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { showView } from './forecastOutput.ts';
import { addBackendOptions, openForecaster } from './load.ts';
import { guard, say } from './terminal.ts';
import { writeFile } from './textFile.ts';

const HORIZON = 24;
const LEVELS = [80, 95];

interface Flags {
  backend?: string;
  threads?: number;
  out: string;
}

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command.option('--out <folder>', 'where to write the report', 'runs/forecast');
  addBackendOptions(command).action((flags: Flags) => guard(() => run(flags)));
}

async function run(flags: Flags): Promise<void> {
  const data = fileURLToPath(new URL('../../data/air-passengers.csv', import.meta.url));
  say('Passengers of international airlines, in thousands a month, 1949 to 1960: the two years that follow,');
  say('by a Mamba that has only ever seen synthetic series.');
  const begun = performance.now();
  const forecaster = await openForecaster(flags);
  const loaded = performance.now();
  const table = await openTimeTable(data);
  const report = join(flags.out, 'air-passengers.html');
  for await (const one of forecaster.forecast(table, { horizon: HORIZON, levels: LEVELS })) {
    const done = performance.now();
    const view = viewOf(one);
    showView(view, 12);
    await mkdir(flags.out, { recursive: true });
    const facts = { title: 'Air passengers', source: 'air-passengers.csv', model: forecaster.name };
    await writeFile(report, html([view], facts));
    say(
      `\nThe model was loaded in ${Math.round(loaded - begun)} ms, the series forecast in ${Math.round(done - loaded)} ms.`,
    );
  }
  forecaster.dispose();
  say(`The report is ${report}: open it in a browser. What to try next:`);
  const next = [
    [`npx mamba-ts forecast your.csv --horizon 24`, 'your own table: times, values and series are found'],
    [`npx mamba-ts forecast your.csv --out forecast.html`, 'also .csv, .json, .svg, .png'],
    [`npx mamba-ts play`, 'train a Mamba on Shakespeare for a minute, then write a scene'],
    [`npx mamba-ts train --data your.txt --out runs/yours`, 'train on your own text, sound or table'],
    [`npx mamba-ts --help`, 'everything else'],
  ];
  const width = Math.max(...next.map(([command]) => command.length));
  for (const [command, what] of next) say(`  ${command.padEnd(width)}   ${what}`);
}
