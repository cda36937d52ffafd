/** mamba-ts theory: the steps from the spring to Mamba, each with its numbers and its figure. */

import { writeFile } from 'node:fs/promises';
import type { BackendName } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { type Backend, openBackend } from '@mamba-ts/core/tensor';
import { figure } from '@mamba-ts/forecast/chart';
import type { Command } from 'commander';
import { closest } from 'fastest-levenshtein';
import { guard, printTable, say } from 'mamba-ts/cli';
import { demos } from '../theory/index.ts';

interface Flags {
  out?: string;
  backend?: string;
  threads?: number;
}

export function addTheory(program: Command): void {
  program
    .command('theory')
    .description('the mathematics of state space models, from the spring to Mamba')
    .argument('[name]', 'which step; without it, a list of them')
    .option('--out <file>', 'where to write the figure, an SVG file')
    .option('--backend <name>', 'native or wasm, for the steps that run tensors (default: the best that runs)')
    .option('--threads <n>', 'threads (default: every core)', Number)
    .action((name: string | undefined, flags: Flags) => guard(() => run(name, flags)));
}

async function run(name: string | undefined, { out, backend, threads }: Flags): Promise<void> {
  if (name === undefined) {
    if (out)
      throw new UsageError(
        'theory',
        '--out needs the name of a step, such as mamba-ts theory spring --out spring.svg.',
      );
    for (const demo of demos) console.log(`${demo.name.padEnd(16)}${demo.about}`);
    return;
  }
  const names = demos.map((demo) => demo.name);
  const demo = demos.find((one) => one.name === name);
  if (!demo) {
    throw new UsageError(
      'theory',
      `'${name}' is not a step. Did you mean ${closest(name, names)}? There are ${names.join(', ')}.`,
    );
  }
  let opened: Backend | undefined;
  const shown = await demo.run(async () => {
    opened ??= await openBackend(backend as BackendName | undefined, { threads });
    return opened;
  });
  opened?.dispose();
  printTable(shown.table);
  console.log(`\n${shown.says}`);
  if (!out) return;
  await writeFile(out, figure(shown.figure));
  say(`figure   ${out}`);
}
