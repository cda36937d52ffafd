#!/usr/bin/env node
/** `npm run lab -- VERB`: the experiments and the steps of the theory, from a clone of the repository. */
import { Command } from 'commander';
import { MISTAKE } from 'mamba-ts/cli';
import { addReproduce } from './cli/reproduce.ts';
import { addTheory } from './cli/theory.ts';

const program = new Command('lab')
  .description("The papers' claims as experiments, and the steps from the spring to Mamba.")
  .showHelpAfterError('(npm run lab -- --help lists the verbs and their options)');
// Commander ends with 1 on a flag that it does not know, which is what defects end with.
program.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : MISTAKE));
for (const add of [addReproduce, addTheory]) add(program);
await program.parseAsync();
