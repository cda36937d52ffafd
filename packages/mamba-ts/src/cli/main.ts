#!/usr/bin/env node
/** The command mamba-ts. Each of its commands is a file: it reads flags, calls the packages and prints. */
import { readFileSync } from 'node:fs';
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
import { createProgram } from './program.ts';
import { addServe } from './serve.ts';
import { addStart } from './start.ts';
import { addTrain } from './train.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const program = createProgram(
  'mamba-ts',
  'Forecast time series without training, and train and run selective state space models (Mamba).',
).version(version);
const groups = {
  'Forecasting:': [addStart, addForecast, addBacktest, addAnomalies, addFinetune, addServe],
  'Models:': [addPlay, addTrain, addGenerate, addEval, addPredict, addInfo],
  'Other:': [addDoctor],
};
for (const [heading, commands] of Object.entries(groups)) {
  program.commandsGroup(heading);
  for (const add of commands) add(program);
}
// The command help is in the last group.
program.helpCommand(true);
await program.parseAsync();
