/** mamba-ts info: the parameters of a model, its state, and its cost. */
import { join } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { readJsonFile } from '@mamba-ts/core/formats';
import { stateBytes, stateGrows } from '@mamba-ts/core/layers';
import { thousands } from '@mamba-ts/core/math';
import { declaredModel } from '@mamba-ts/core/models';
import { complete, field } from '@mamba-ts/core/schema';
import { size } from '@mamba-ts/core/train';
import type { Command } from 'commander';
import { addFieldFlags, optionsIn } from './fieldFlags.ts';
import { guard, printTable } from './terminal.ts';

const fields = {
  batchSize: field.whole({ min: 1, default: 8, help: 'rows of a training batch. Default: 8.' }),
  blockSize: field.whole({ min: 1, default: 256, help: 'tokens of a row. Default: 256.' }),
  length: field.whole({
    min: 1,
    optional: true,
    help: 'the length of the sequence at which the state and the FLOPs of a token are given, in tokens',
  }),
};

interface InfoFlags {
  model: string;
  tensors?: boolean;
  json?: boolean;
}

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command.requiredOption('--model <folder>', 'the folder of a checkpoint');
  addFieldFlags(command, fields)
    .option('--tensors', 'list every tensor')
    .option('--json', 'print JSON')
    .action((flags: InfoFlags) => guard(() => run(flags)));
}

async function run({ model: path, tensors, json, ...flags }: InfoFlags): Promise<void> {
  const { batchSize, blockSize, length } = complete('info', fields, optionsIn(flags, fields));
  const model = declaredModel(await readJsonFile(join(path, 'config.json'), 'Give the folder of a checkpoint.'));
  const lengths = length === undefined ? usualLengths(model.maxSteps) : [length];
  if (lengths[0] > model.maxSteps) {
    throw new UsageError(
      'info',
      `--length is ${length}, expected at most ${model.maxSteps}, the maxLength of the model.`,
    );
  }
  const atLengths = (valueAt: (length: number) => number) =>
    Object.fromEntries(lengths.map((length) => [length, valueAt(length)]));
  const bytesAt = (length: number) => stateBytes(model.stateFields, 1, length);
  const steps = Math.min(blockSize, model.maxSteps);
  const flopsAt = (length: number) => 2 * model.flopsAt(length);
  const facts = {
    config: model.config,
    parameters: model.tree.count(),
    weightBytes: 4 * model.tree.count(),
    stateBytes: bytesAt(lengths[0]),
    stateBytesAt: atLengths(bytesAt),
    flopsPerToken: flopsAt(lengths[0]),
    flopsPerTokenAt: atLengths(flopsAt),
    trainingBytes: model.trainingBytes(batchSize, steps),
  };
  const shapes = tensors ? model.tree.list().map(({ name, shape }) => ({ name, shape })) : undefined;
  if (json) {
    console.log(JSON.stringify({ ...facts, tensors: shapes }));
    return;
  }
  const rows = [
    ...Object.entries(model.config).map(([key, value]) => [key, textOf(value)]),
    ['parameters', `${thousands(facts.parameters)} (${size(facts.weightBytes)} in f32)`],
  ];
  if (stateGrows(model.stateFields)) {
    for (const n of lengths) rows.push(['state and cache', `${size(bytesAt(n))} a sequence of ${thousands(n)} tokens`]);
    for (const n of lengths) {
      rows.push(['FLOPs a token', `${thousands(flopsAt(n))}, the last of ${thousands(n)} tokens`]);
    }
  } else {
    const { stateBytes: bytes } = facts;
    rows.push([
      'state',
      bytes === 0 ? 'none: it reads whole sequences' : `${size(bytes)} a sequence, whatever its length`,
    ]);
    rows.push(['FLOPs a token', thousands(flopsAt(1))]);
  }
  rows.push(['memory for training', `about ${size(facts.trainingBytes)} at ${batchSize} × ${steps} tokens`]);
  printTable(rows);
  for (const { name, shape } of shapes ?? []) console.log(`${name}  ${shape.join(' × ')}`);
}

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Lengths that the model can read, up to its longest if there is one. */
function usualLengths(longest: number): number[] {
  const lengths = [1024, 16_384, 1_048_576].filter((n) => n < longest);
  return longest < Infinity ? [...lengths, longest] : lengths;
}
