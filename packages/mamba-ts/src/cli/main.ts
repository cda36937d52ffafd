#!/usr/bin/env node
/** The command mamba-ts. Each of its verbs is a file: it reads flags, calls the packages and prints. */
import { readFileSync } from 'node:fs';
import { createProgram } from './program.ts';
import { verbs } from './verbs.ts';

// A reader that has seen enough, such as `| head`, closes the pipe: that ends the command, and is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const program = createProgram(
  'mamba-ts',
  'Forecast time series without training, and train and run selective state space models (Mamba).',
).version(version);
// `mamba-ts VERB …` and `mamba-ts help VERB` load the module of this verb only.
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const called = words.slice(0, 2);
for (const [heading, group] of Object.entries(verbs)) {
  program.commandsGroup(heading);
  for (const [name, { about, load }] of Object.entries(group)) {
    const command = program.command(name).description(about);
    if (called.includes(name)) (await load()).define(command);
  }
}
// The command help is in the last group.
program.helpCommand(true);
await program.parseAsync();
