/** mamba-ts eval: the loss of a model on data, with bits per byte, accuracy or errors of values. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareTokens, scaled } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { evaluate, evaluateSequence, openSaved } from '@mamba-ts/core/train';
import type { Command } from 'commander';
import {
  addLoadOptions,
  isSequenceFolder,
  type LoadFlags,
  loadModelFor,
  loadSequenceModelFor,
  loadTokenizerFor,
} from './load.ts';
import { Bar, guard } from './terminal.ts';

interface Flags extends LoadFlags {
  data: string;
  batchSize: number;
  blockSize?: number;
  batches?: number;
  json?: boolean;
}

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .requiredOption('--model <folder>', 'the folder of a checkpoint')
    .requiredOption(
      '--data <path>',
      'the same kinds of data as train: text, folders, .wav, .csv …; - is text on standard input',
    )
    .option('--batch-size <n>', 'rows of a batch', Number, 8)
    .option('--block-size <n>', 'text: tokens of a row. Default: 256.', Number)
    .option('--batches <n>', 'the maximum number of batches to read. Default: all.', Number)
    .option('--json', 'print JSON');
  addLoadOptions(command).action((flags: Flags) => guard(() => run(flags)));
}

async function run(flags: Flags): Promise<void> {
  return (await isSequenceFolder(flags.model)) ? runSequence(flags) : runLanguage(flags);
}

async function runSequence(flags: Flags): Promise<void> {
  const textFlag = (['tokenizer', 'blockSize'] as const).find((name) => flags[name] !== undefined);
  if (textFlag) {
    throw new UsageError(
      'eval',
      `${textFlag} is ${flags[textFlag]}, but ${flags.model} classifies or regresses: its examples.json says how data is read. ` +
        `Leave ${textFlag} out.`,
    );
  }
  const { opened, facts } = await openSaved(flags.model, flags.data);
  const model = await loadSequenceModelFor(flags);
  const { scaling } = facts;
  const result = await evaluateSequence(model, scaled(opened.all, scaling), { ...flags, targets: scaling.targets });
  model.backend.dispose();
  if (flags.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const { loss, accuracy, meanSquaredError = 0, meanAbsoluteError = 0 } = result;
  console.log(`loss        ${loss.toFixed(4)}`);
  if (accuracy !== undefined) console.log(`accuracy    ${(100 * accuracy).toFixed(2)} %`);
  else
    console.log(
      `errors      mean squared ${meanSquaredError.toPrecision(5)}, mean absolute ${meanAbsoluteError.toPrecision(5)}`,
    );
  console.log(`read        ${thousands(result.examples)} examples, ${thousands(result.compared)} compared`);
}

async function runLanguage(flags: Flags): Promise<void> {
  const tokenizer = await loadTokenizerFor(flags);
  const cacheFolder = await mkdtemp(join(tmpdir(), 'mamba-ts-eval-'));
  try {
    const data = await prepareTokens(flags.data, tokenizer, { cacheFolder });
    const model = await loadModelFor(flags);
    const bar = new Bar('{bar} {percentage}% | {left} left');
    const result = await evaluate(model, data, tokenizer, {
      ...flags,
      blockSize: flags.blockSize ?? 256,
      onBatch: (done, of) => bar.update(done / of, {}),
    });
    bar.stop();
    await data.close();
    model.backend.dispose();
    if (flags.json) console.log(JSON.stringify(result));
    else {
      console.log(`loss        ${result.loss.toFixed(4)} nats/token`);
      console.log(`bits/byte   ${result.bitsPerByte.toFixed(4)}`);
      console.log(`perplexity  ${result.perplexity.toFixed(3)}`);
      console.log(`read        ${thousands(result.tokens)} tokens, ${thousands(result.bytes)} bytes`);
    }
  } finally {
    await rm(cacheFolder, { recursive: true, force: true });
  }
}
