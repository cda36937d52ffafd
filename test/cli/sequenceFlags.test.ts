/** What eval and predict of a sequence model are asked for, and what of it they refuse. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { train } from '../../src/train/run.ts';
import { small, workFolder } from '../train/runs.ts';
import { ok, refused } from './command.ts';

/** What runs a model in no time, whatever else the machine does. */
const light = ['--backend', 'wasm', '--threads', '1'];

/** The folder of a model that has seen a table, and the table. */
async function trained(table: string, options: object): Promise<{ folder: string; model: string; data: string }> {
  const folder = await workFolder({ 't.csv': table });
  const [data, model] = [join(folder, 't.csv'), join(folder, 'run')];
  const finished = await train({ layers: [{ ...small, ...options, data, out: model, maxIters: 2 }] });
  finished.model.backend.dispose();
  return { folder, model, data };
}

const kinds = `kind,a,b\n${'up,1,2\ndown,2,1\n'.repeat(10)}`;

it('checks the flags of eval and predict for a sequence model', async () => {
  const { model, data } = await trained(kinds, { task: 'classify', label: 'kind' });
  const evaluate = ['eval', '--model', model, '--data', data, ...light];
  await refused([...evaluate, '--batches', '0'], 'evaluate: batches is 0, expected a whole number ≥ 1.');
  await refused([...evaluate, '--batches', 'x'], 'evaluate: batches is NaN, expected a whole number ≥ 1.');
  await refused([...evaluate, '--block-size', '9'], 'eval: blockSize is 9, but');
  await refused([...evaluate, '--tokenizer', 'x.json'], 'eval: tokenizer is x.json, but');
  expect((await ok([...evaluate, '--batches', '2', '--batch-size', '3'])).stdout).toContain('read        6 examples');
  expect((await ok(['predict', '--help'])).stdout).not.toContain('--tokenizer');
});
