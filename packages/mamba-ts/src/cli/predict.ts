/** mamba-ts predict: classes or values of new data, by a model that was trained to give them. */
import { UsageError } from '@mamba-ts/core/errors';
import { type Prediction, predict } from '@mamba-ts/core/train';
import type { Command } from 'commander';
import { addBackendOptions, type LoadFlags, loadSequenceModelFor } from './load.ts';
import { csvField } from './rowFile.ts';
import { guard, printTable } from './terminal.ts';

const FORMATS = ['table', 'csv', 'json'];

interface Flags extends LoadFlags {
  data: string;
  format: string;
  batchSize: number;
}

export function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .description('classes or values of new data')
    .requiredOption('--model <folder>', 'the folder of a run with --task classify or regress')
    .requiredOption('--data <path>', 'what the model was trained on: .wav, text, .csv or a folder; labels may lack')
    .option('--format <name>', 'table, csv or json (one object a line)', 'table')
    .option('--batch-size <n>', 'rows of a batch', Number, 8);
  addBackendOptions(command).action((flags: Flags) => guard(() => run(flags)));
}

async function run(flags: Flags): Promise<void> {
  const { model: folder, data, format, batchSize } = flags;
  if (!FORMATS.includes(format)) {
    throw new UsageError('predict', `--format is '${format}', expected ${FORMATS.join(', ')}.`);
  }
  const model = await loadSequenceModelFor(flags);
  const found: Prediction[] = [];
  for await (const one of predict(model, folder, data, { batchSize })) {
    if (format === 'json') console.log(JSON.stringify(one));
    else found.push(one);
  }
  model.backend.dispose();
  if (format === 'json' || found.length === 0) return;
  const rows = rowsOf(found, format === 'table');
  if (format === 'table') printTable(rows);
  else for (const row of rows) console.log(row.map(csvField).join(','));
}

/** A line of names, and one for each prediction; in brief, the probability of the class that was found alone. */
function rowsOf(found: readonly Prediction[], brief: boolean): string[][] {
  const [first] = found;
  const isClass = first.class !== undefined;
  const names = Object.keys(first.values);
  const step = first.step === undefined ? [] : ['step'];
  const classes = isClass ? ['class'] : [];
  const shown = brief && isClass ? ['probability'] : names;
  return [
    ['data', ...step, ...classes, ...shown],
    ...found.map((one) => [
      one.title,
      ...(one.step === undefined ? [] : [String(one.step)]),
      ...(one.class === undefined ? [] : [one.class]),
      ...(brief && one.class !== undefined ? [one.values[one.class]] : Object.values(one.values)).map((value) =>
        value.toPrecision(5),
      ),
    ]),
  ];
}
