#!/usr/bin/env node
/** The command mamba-ts: one file a verb; each parses, calls and prints. */
import { readFileSync } from 'node:fs';
import { Command, type Option } from 'commander';
import { addAnomalies } from './anomalies.ts';
import { addBacktest } from './backtest.ts';
import { addDoctor } from './doctor.ts';
import { addEval } from './eval.ts';
import { addFinetune } from './finetune.ts';
import { addForecast } from './forecast.ts';
import { addGenerate } from './generate.ts';
import { addInfo } from './info.ts';
import { addPlay } from './play.ts';
import { addPredict } from './predict.ts';
import { addServe } from './serve.ts';
import { addStart } from './start.ts';
import { MISTAKE } from './terminal.ts';
import { addTrain } from './train.ts';

/** The help of a flag, with its choices and its default: 'rows of a batch. Default: 8.' */
function optionDescription({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices ? ` (${argChoices.join(', ')})` : '';
  if (defaultValue === undefined || defaultValue === false) return description + choices;
  const value = /^\S+$/.test(String(defaultValue)) ? defaultValue : JSON.stringify(defaultValue);
  return `${description}${choices}. Default: ${value}.`;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const program = new Command('mamba-ts')
  .description('Selective state space models that train, run and show their state.')
  .version(version)
  .showHelpAfterError('(mamba-ts --help lists the verbs and their options)')
  .configureHelp({ optionDescription });
// Commander ends with 1 on a flag that it does not know, which is what defects end with.
program.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : MISTAKE));
for (const add of [
  addStart,
  addForecast,
  addBacktest,
  addAnomalies,
  addFinetune,
  addServe,
  addPlay,
  addTrain,
  addGenerate,
  addEval,
  addPredict,
  addInfo,
  addDoctor,
])
  add(program);
await program.parseAsync();
