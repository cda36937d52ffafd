/** mamba-ts play: trains a small Mamba on the bundled plays and generates text with it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { prepareTokens, splitTokens } from '@mamba-ts/core/data';
import { generateText } from '@mamba-ts/core/generate';
import { evaluate, languageResult, train } from '@mamba-ts/core/train';
import type { Command } from 'commander';
import { announceCompilation } from './load.ts';
import { clock, guard, onInterrupt, say } from './terminal.ts';
import { trainReporter } from './trainReport.ts';

const PROMPT = 'ROMEO:\n';
const GENERATED_TOKENS = 300;

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .option('--backend <name>', 'auto, native or wasm')
    .option('--seconds <n>', 'how long to train. Default: 75.', Number)
    .option('--out <folder>', 'the folder of the model. Default: a new folder in runs/.')
    .action((flags: { backend?: string; seconds?: number; out?: string }) => guard(() => run(flags)));
}

async function run({ backend, seconds, out }: { backend?: string; seconds?: number; out?: string }): Promise<void> {
  const data = fileURLToPath(new URL('../../data/shakespeare.txt', import.meta.url));
  const folder = out ?? freeFolder('runs/play');
  const abort = new AbortController();
  const release = onInterrupt(() => abort.abort());
  const reporter = trainReporter(200);
  say(
    `A small Mamba reads Shakespeare for ${seconds === undefined ? 'about a minute' : `${seconds} seconds`}, byte by byte.\n`,
  );
  await announceCompilation(backend);
  const result = await train({
    layers: [{ data, out: folder, backend, maxSeconds: seconds }],
    preset: 'play',
    signal: abort.signal,
    reporter,
  });
  reporter.end();
  release();
  const { model, tokenizer } = languageResult(result);
  const store = await prepareTokens(data, tokenizer, {});
  const { validation } = splitTokens(store, 0.1, 1);
  const { bitsPerByte } = await evaluate(model, validation, tokenizer, { batchSize: 8, blockSize: 512 });
  say(
    `\nTrained ${result.iter} updates in ${clock(result.seconds)}. On the tenth of the plays that was held out: ${bitsPerByte.toFixed(3)} bits per byte.`,
  );
  say('Generated:\n');
  process.stdout.write(PROMPT);
  for await (const piece of generateText(model, tokenizer, PROMPT, {
    maxTokens: GENERATED_TOKENS,
    temperature: 0.7,
    seed: 1,
  }))
    process.stdout.write(piece);
  process.stdout.write('\n\n');
  say(`The model is in ${folder}. What to try next:`);
  say(`  npx mamba-ts generate --model ${folder} --prompt "JULIET:" --temperature 0.9`);
  say(`  npx mamba-ts info --model ${folder}`);
  say('  npx mamba-ts train --data your.txt --out runs/yours --preset small');
  say('  npx mamba-ts doctor');
  await store.close();
  model.backend.dispose();
}

/** The first of NAME, NAME-2, NAME-3, … that does not exist. */
function freeFolder(name: string): string {
  for (let i = 1; ; i++) {
    const folder = i === 1 ? name : `${name}-${i}`;
    if (!existsSync(folder)) return folder;
  }
}
