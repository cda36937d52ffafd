/** mamba-ts generate: generates text with a model, token by token. */

import { UsageError } from '@mamba-ts/core/errors';
import { generateText } from '@mamba-ts/core/generate';
import { thousands } from '@mamba-ts/core/math';
import type { Command } from 'commander';
import { addLoadOptions, isSequenceFolder, type LoadFlags, loadModelFor, loadTokenizerFor } from './load.ts';
import { guard, onInterrupt, say } from './terminal.ts';

interface Flags extends LoadFlags {
  prompt: string;
  maxTokens: number;
  temperature: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repetitionPenalty?: number;
  seed: number;
  stop?: string[];
}

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .requiredOption('--model <folder>', 'the folder of a checkpoint')
    .option('--prompt <text>', 'the beginning of the text', '\n')
    .option('--max-tokens <n>', 'tokens to generate', Number, 300)
    .option('--temperature <t>', '0 is greedy', Number, 0.8)
    .option('--top-k <k>', 'keep the k most likely tokens', Number)
    .option('--top-p <p>', 'keep the most likely tokens whose probabilities sum to p', Number)
    .option('--min-p <p>', 'keep the tokens that are at least p times as likely as the most likely one', Number)
    .option('--repetition-penalty <r>', 'above 1: fewer repetitions', Number)
    .option('--seed <n>', 'the seed of the random choices', Number, 1337)
    .option('--stop <text...>', 'end where one of these texts appears');
  addLoadOptions(command).action((flags: Flags) => guard(() => run(flags)));
}

async function run(flags: Flags): Promise<void> {
  if (await isSequenceFolder(flags.model)) {
    throw new UsageError(
      'generate',
      `${flags.model} classifies or regresses sequences, expected a language model. Use mamba-ts predict --model ${flags.model} --data FILE.`,
    );
  }
  const tokenizer = await loadTokenizerFor(flags);
  if (tokenizer.kind === 'muLaw') {
    throw new UsageError(
      'generate',
      `${flags.model} is a model of sound, expected one of text. In JavaScript, generate() yields its tokens and muLawDecode() converts them to samples.`,
    );
  }
  const model = await loadModelFor(flags);
  const abort = new AbortController();
  const release = onInterrupt(() => abort.abort());
  process.stdout.on('error', () => process.exit(0));
  process.stdout.write(flags.prompt);
  const begun = performance.now();
  let characters = 0;
  for await (const piece of generateText(model, tokenizer, flags.prompt, { ...flags, signal: abort.signal })) {
    characters += piece.length;
    process.stdout.write(piece);
  }
  process.stdout.write('\n');
  release();
  if (process.stderr.isTTY) say(`${thousands(characters / ((performance.now() - begun) / 1000))} characters/s`);
  model.backend.dispose();
}
