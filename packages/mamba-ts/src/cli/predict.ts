/** mamba-ts predict: classes or values of new data, from a model that was trained on them. */
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

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .requiredOption('--model <folder>', 'the folder of a run with --task classify or regress')
    .requiredOption(
      '--data <path>',
      'data of the kind that the model was trained on: .wav, text, .csv or a folder; labels may be missing',
    )
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
  const predictions: Prediction[] = [];
  for await (const prediction of predict(model, folder, data, { batchSize })) {
    if (format === 'json') console.log(JSON.stringify(prediction));
    else predictions.push(prediction);
  }
  model.backend.dispose();
  if (format === 'json' || predictions.length === 0) return;
  const rows = rowsOf(predictions, format === 'table');
  if (format === 'table') printTable(rows);
  else for (const row of rows) console.log(row.map(csvField).join(','));
}

/** A header and a row for each prediction. `brief`: of the classes, only the probability of the predicted one. */
function rowsOf(predictions: readonly Prediction[], brief: boolean): string[][] {
  const [first] = predictions;
  const isClassifier = first.class !== undefined;
  const step = first.step === undefined ? [] : ['step'];
  const classes = isClassifier ? ['class'] : [];
  const names = brief && isClassifier ? ['probability'] : Object.keys(first.values);
  return [
    ['data', ...step, ...classes, ...names],
    ...predictions.map(({ title, step, class: predicted, values }) => [
      title,
      ...(step === undefined ? [] : [String(step)]),
      ...(predicted === undefined ? [] : [predicted]),
      ...(brief && predicted !== undefined ? [values[predicted]] : Object.values(values)).map((value) =>
        value.toPrecision(5),
      ),
    ]),
  ];
}
