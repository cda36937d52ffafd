/** mamba-ts finetune: fine-tunes the forecaster on the series of a table. */

import type { BackendName } from '@mamba-ts/core/backend';
import { thousands } from '@mamba-ts/core/math';
import { field } from '@mamba-ts/core/schema';
import { finetune, finetuneFields } from '@mamba-ts/forecast/finetune';
import { defaultHorizon, layoutLine, stepsLine, TableNotes } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { addFieldFlags, optionsIn } from './fieldFlags.ts';
import { addBackendOptions, announceCompilation } from './load.ts';
import { addTableArgument, addTableFlags, openTable, type TableFlags } from './tableFlags.ts';
import { Bar, clock, guard, onInterrupt, say } from './terminal.ts';

interface FinetuneFlags extends TableFlags {
  out: string;
  horizon?: number;
  iters?: number;
  minutes?: number;
  model?: string;
  backend?: string;
  threads?: number;
}

const minutes = field.optional(field.number({ min: 0, open: true, help: 'stop after this time; --resume continues' }));

const EXAMPLES = `
The last steps of every series, as many as the horizon, are held out. The weights that forecast them best are saved in
OUT/best.

Examples:
  mamba-ts finetune sales.csv --out runs/sales --horizon 28
  mamba-ts finetune sales.csv --out runs/sales --resume
  mamba-ts forecast sales.csv --model runs/sales/best`;

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  addTableArgument(command)
    .requiredOption('--out <folder>', 'the folder of the run; its best/ is what to load')
    .option('--model <folder>', 'the forecaster to start from. Default: the one of this package.');
  addFieldFlags(command, { ...finetuneFields, minutes });
  addTableFlags(addBackendOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: FinetuneFlags) => guard(() => run(path, flags)));
}

async function run(path: string, flags: FinetuneFlags): Promise<void> {
  const table = await openTable(path, flags);
  say(layoutLine(table));
  const { horizon = defaultHorizon(table.frequency), iters = finetuneFields.iters.default } = flags;
  say(stepsLine(table.first, flags.season));
  const notes = new TableNotes(table);
  const series: Float64Array[] = [];
  for await (const next of table.series()) {
    notes.add(next);
    series.push(next.values);
  }
  for (const line of notes.lines()) say(line);
  say(`${thousands(series.length)} series; the last ${horizon} steps of each are held out`);
  const abort = new AbortController();
  const release = onInterrupt(() => abort.abort());
  const bar = new Bar('{bar} {percentage}% | {line}');
  const begun = performance.now();
  let loss = 0;
  try {
    await announceCompilation(flags.backend);
    const result = await finetune(series, {
      ...optionsIn(flags, finetuneFields),
      out: flags.out,
      from: flags.model,
      horizon,
      season: flags.season,
      seconds: flags.minutes && 60 * flags.minutes,
      backend: flags.backend as BackendName | undefined,
      threads: flags.threads,
      signal: abort.signal,
      report: (line) => {
        loss = line.loss ?? loss;
        const done = line.iter / (iters ?? line.iter);
        const parts = [`iter ${line.iter}`, `loss ${loss.toFixed(4)}`];
        if (line.held === undefined) bar.update(done, { line: parts.join(' | ') });
        else bar.line([...parts, `held out ${line.held.toFixed(4)} (${line.before.toFixed(4)} before)`].join(' | '));
      },
    });
    bar.stop();
    const change = 100 * (1 - result.after / result.before);
    say(`${result.iter} updates in ${clock((performance.now() - begun) / 1000)}.`);
    say(
      change > 0
        ? `The values held out are forecast ${change.toFixed(1)} % better than before: loss ${result.before.toFixed(4)} → ${result.after.toFixed(4)}.`
        : 'The values held out are forecast no better than before: the first weights are kept.',
    );
    if (!result.isDone) say('Stopped. Continue with --resume.');
    say(`mamba-ts forecast ${path} --model ${result.best}`);
  } finally {
    bar.stop();
    release();
  }
}
