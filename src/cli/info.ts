/** mamba-ts info: what a model is made of and what it costs. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { readJsonFile } from '../formats/jsonFile.ts';
import { declaredModel } from '../models/checkpoint.ts';
import { stateBytes } from '../models/state.ts';
import { size, trainingBytes } from '../train/memory.ts';
import { count, guard } from './terminal.ts';

interface Flags {
  model: string;
  batchSize: number;
  blockSize: number;
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
    .option('--tensors', 'list every tensor')
    .option('--json', 'print JSON')
    .action((flags: Flags) => guard(() => run(flags)));
}

async function run({ model: path, batchSize, blockSize, tensors, json }: Flags): Promise<void> {
  for (const [flag, value] of Object.entries({ '--batch-size': batchSize, '--block-size': blockSize })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new Error(`info: ${flag} is ${value}, expected a whole number ≥ 1.`);
  }
  const config = await readJsonFile(join(path, 'config.json'), 'Give the folder of a checkpoint.');
  const model = declaredModel(config);
  const parameters = model.tree.list();
  const isBidirectional = (model.config.bidirectional ?? 'none') !== 'none';
  const facts = {
    config: model.config,
    parameters: model.tree.count(),
    weightBytes: 4 * model.tree.count(),
    stateBytes: isBidirectional ? 0 : stateBytes(model.stateFields),
    flopsPerToken: 2 * model.flopsPerToken,
    trainingBytes: trainingBytes(model, batchSize, blockSize),
  };
  if (json) {
    console.log(
      JSON.stringify({ ...facts, ...(tensors && { tensors: parameters.map(({ name, shape }) => ({ name, shape })) }) }),
    );
    return;
  }
  for (const [key, value] of Object.entries(model.config)) console.log(`${key.padEnd(22)}${value}`);
  console.log(`${'parameters'.padEnd(22)}${count(facts.parameters)} (${size(facts.weightBytes)} in f32)`);
  const state = isBidirectional
    ? 'none: it reads whole sequences'
    : `${size(facts.stateBytes)} a sequence, whatever its length`;
  console.log(`${'state'.padEnd(22)}${state}`);
  console.log(`${'FLOPs a token'.padEnd(22)}${count(facts.flopsPerToken)}`);
  console.log(
    `${'memory for training'.padEnd(22)}about ${size(facts.trainingBytes)} at ${batchSize} × ${blockSize} tokens`,
  );
  if (tensors) for (const { name, shape } of parameters) console.log(`${name}  ${shape.join(' × ')}`);
}
