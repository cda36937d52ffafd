/** npm run lab -- theory: the steps from the spring to Mamba, each with its numbers and its figure. */
import { writeFile } from 'node:fs/promises';
import type { BackendName } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { nearestName } from '@mamba-ts/core/schema';
import { type Backend, openBackend } from '@mamba-ts/core/tensor';
import { figure } from '@mamba-ts/forecast/chart';
import type { Command } from 'commander';
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
    .argument('[name]', 'the step; without it, a list of them')
    .option('--out <file>', 'where the figure is written, as SVG')
    .option('--backend <name>', 'native or wasm, for the steps that run tensors. Default: the best that runs.')
    .option('--threads <n>', 'threads. Default: every core.', Number)
    .action((name: string | undefined, flags: Flags) => guard(() => run(name, flags)));
}

async function run(name: string | undefined, { out, backend, threads }: Flags): Promise<void> {
  if (name === undefined) {
    if (out) {
      throw new UsageError(
        'theory',
        '--out needs the name of a step, such as npm run lab -- theory spring --out spring.svg.',
      );
    }
    for (const demo of demos) console.log(`${demo.name.padEnd(16)}${demo.about}`);
    return;
  }
  const demo = demos.find((step) => step.name === name);
  if (!demo) {
    const names = demos.map((step) => step.name);
    throw new UsageError(
      'theory',
      `'${name}' is not a step, expected one of ${names.join(', ')}. Did you mean ${nearestName(name, names)}?`,
    );
  }
  let opened: Backend | undefined;
  const result = await demo.run(async () => {
    opened ??= await openBackend(backend as BackendName | undefined, { threads });
    return opened;
  });
  opened?.dispose();
  printTable(result.table);
  console.log(`\n${result.finding}`);
  if (!out) return;
  await writeFile(out, figure(result.figure));
  say(`figure   ${out}`);
}
