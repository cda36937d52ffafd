#!/usr/bin/env node
/** `npm run lab -- VERB`: the experiments and the steps of the theory, from a clone of the repository. */
import { createProgram } from 'mamba-ts/cli';
import { addReproduce } from './cli/reproduce.ts';
import { addTheory } from './cli/theory.ts';

const program = createProgram(
  'npm run lab --',
  "The papers' claims as experiments, and the steps from the spring to Mamba.",
);
for (const add of [addReproduce, addTheory]) add(program);
await program.parseAsync();
