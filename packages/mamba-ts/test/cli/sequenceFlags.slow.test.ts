/** What eval and predict of a sequence model are asked for, and what of it they refuse. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { train } from '../../../core/src/train/run.ts';
import { small, workFolder } from '../../../core/test/train/runs.ts';
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

it('reads no examples from the standard input, which does not say what it holds', async () => {
  const { folder, model } = await trained(kinds, { task: 'classify', label: 'kind' });
  const message = "data: '-' is the standard input, which has no name to say what it holds, expected a file";
  await refused(['eval', '--model', model, '--data', '-', ...light], message, { input: kinds });
  await refused(['predict', '--model', model, '--data', '-', ...light], message, { input: kinds });
  const out = join(folder, 'other');
  const asked = ['train', '--task', 'classify', '--label', 'kind', '--data', '-', '--out', out, ...light];
  await refused(asked, message, { input: kinds });
});

it('predicts for a table whose answers are there and empty, or lack', async () => {
  const sums = `a,b,sum\n${'1,2,3\n2,5,7\n'.repeat(10)}`;
  const { folder, model } = await trained(sums, { task: 'regress', output: 'sequence', targets: 'sum' });
  const predicted = async (name: string, table: string) => {
    await writeFile(join(folder, name), table);
    return (await ok(['predict', '--model', model, '--data', join(folder, name), '--format', 'csv', ...light])).stdout;
  };
  const lacking = await predicted('lacking.csv', 'a,b\n1,2\n2,5\n');
  expect(lacking).toMatch(/^data,sum\nline 2,-?\d+\.\d+\nline 3,-?\d+\.\d+\n$/);
  expect(await predicted('empty.csv', 'a,b,sum\n1,2,\n2,5,?\n')).toBe(lacking);
});
