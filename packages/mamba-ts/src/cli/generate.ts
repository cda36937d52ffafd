/** mamba-ts generate: text from a model, streamed. */
import { UsageError } from '@mamba-ts/core/errors';
import { generateText } from '@mamba-ts/core/generate';
import type { Command } from 'commander';
import { addLoadOptions, isSequenceFolder, type LoadFlags, loadModelFor, loadTokenizerFor } from './load.ts';
import { count, guard, onInterrupt, say } from './terminal.ts';

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

export function addGenerate(program: Command): void {
  const command = program
    .command('generate')
    .description('write text with a model')
    .requiredOption('--model <folder>', 'the folder of a checkpoint')
    .option('--prompt <text>', 'what the text begins with', '\n')
    .option('--max-tokens <n>', 'tokens to write', Number, 300)
    .option('--temperature <t>', '0 is greedy', Number, 0.8)
    .option('--top-k <k>', 'keep the k most likely tokens', Number)
    .option('--top-p <p>', 'keep the most likely tokens that sum to p', Number)
    .option('--min-p <p>', 'keep tokens at least p times as likely as the best', Number)
    .option('--repetition-penalty <r>', 'above 1: repeat less', Number)
    .option('--seed <n>', 'what the draw starts from', Number, 1337)
    .option('--stop <text...>', 'end where one of these appears');
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
      `${flags.model} is a model of sound, expected one of text. From JavaScript, generate() gives its tokens, muLawDecode() the samples.`,
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
  if (process.stderr.isTTY) say(`${count(characters / ((performance.now() - begun) / 1000))} characters/s`);
  model.backend.dispose();
}
