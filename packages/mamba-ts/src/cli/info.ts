/** mamba-ts info: what a model is made of and what it costs. */

import { join } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { readJsonFile } from '@mamba-ts/core/formats';
import { stateBytes, stateGrows } from '@mamba-ts/core/layers';
import { declaredModel } from '@mamba-ts/core/models';
import { size, trainingBytes } from '@mamba-ts/core/train';
import type { Command } from 'commander';
import { count, guard } from './terminal.ts';

/** Tokens read, where none are asked for. */
const LENGTHS = [1024, 16_384, 1_048_576];

/** Those that the model can read, and its bound. */
const lengthsFor = (most: number) => [...LENGTHS.filter((n) => n < most), ...(most < Infinity ? [most] : [])];

interface Flags {
  model: string;
  batchSize: number;
  blockSize: number;
  length?: number;
  tensors?: boolean;
  json?: boolean;
}

export function addInfo(program: Command): void {
  program
    .command('info')
    .description('parameters, state, FLOPs and memory of a model')
    .requiredOption('--model <folder>', 'the folder of a checkpoint')
    .option('--batch-size <n>', 'rows of a training batch', Number, 8)
    .option('--block-size <n>', 'tokens of a row', Number, 256)
    .option('--length <n>', 'tokens read, for the size of the state and the FLOPs of the last one', Number)
    .option('--tensors', 'list every tensor')
    .option('--json', 'print JSON')
    .action((flags: Flags) => guard(() => run(flags)));
}

async function run({ model: path, batchSize, blockSize, length, tensors, json }: Flags): Promise<void> {
  for (const [flag, value] of Object.entries({
    '--batch-size': batchSize,
    '--block-size': blockSize,
    '--length': length ?? 1,
  })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new UsageError('info', `${flag} is ${value}, expected a whole number ≥ 1.`);
  }
  const config = await readJsonFile(join(path, 'config.json'), 'Give the folder of a checkpoint.');
  const model = declaredModel(config);
  const parameters = model.tree.list();
  const grows = stateGrows(model.stateFields);
  if (length !== undefined && length > model.maxSteps) {
    throw new UsageError(
      'info',
      `--length is ${length}, expected at most maxLength = ${model.maxSteps}, which the model reads.`,
    );
  }
  const lengths = length === undefined ? lengthsFor(model.maxSteps) : [length];
  const facts = {
    config: model.config,
    parameters: model.tree.count(),
    weightBytes: 4 * model.tree.count(),
    stateBytes: stateBytes(model.stateFields, 1, lengths[0]),
    stateBytesAt: Object.fromEntries(lengths.map((n) => [n, stateBytes(model.stateFields, 1, n)])),
    flopsPerToken: 2 * model.flopsAt(lengths[0]),
    flopsPerTokenAt: Object.fromEntries(lengths.map((n) => [n, 2 * model.flopsAt(n)])),
    trainingBytes: trainingBytes(model, batchSize, blockSize),
  };
  if (json) {
    console.log(
      JSON.stringify({ ...facts, ...(tensors && { tensors: parameters.map(({ name, shape }) => ({ name, shape })) }) }),
    );
    return;
  }
  for (const [key, value] of Object.entries(model.config)) {
    console.log(`${key.padEnd(22)}${typeof value === 'object' ? JSON.stringify(value) : value}`);
  }
  console.log(`${'parameters'.padEnd(22)}${count(facts.parameters)} (${size(facts.weightBytes)} in f32)`);
  if (grows) {
    for (const n of lengths) {
      const bytes = size(stateBytes(model.stateFields, 1, n));
      console.log(`${'state and cache'.padEnd(22)}${bytes} a sequence of ${count(n)} tokens`);
    }
  } else if (facts.stateBytes === 0) console.log(`${'state'.padEnd(22)}none: it reads whole sequences`);
  else console.log(`${'state'.padEnd(22)}${size(facts.stateBytes)} a sequence, whatever its length`);
  for (const n of grows ? lengths : [1]) {
    const after = grows ? `, the last of ${count(n)} tokens` : '';
    console.log(`${'FLOPs a token'.padEnd(22)}${count(2 * model.flopsAt(n))}${after}`);
  }
  console.log(
    `${'memory for training'.padEnd(22)}about ${size(facts.trainingBytes)} at ${batchSize} × ${blockSize} tokens`,
  );
  if (tensors) for (const { name, shape } of parameters) console.log(`${name}  ${shape.join(' × ')}`);
}
