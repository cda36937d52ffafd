/** A trainer that is saved in one process and resumed in another, in code and by the command. Needs a build. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ok, start } from '../../../mamba-ts/test/cli/command.ts';
import { openTensorFile } from '../../src/formats/index.ts';
import { workFolder } from './runs.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** Runs a module in a process of its own, with the data of `mamba-ts train`. */
async function runInProcess(body: string): Promise<void> {
  const code = `
    import { byteTokenizer, createModel, data as stores, openBackend, Trainer } from '@mamba-ts/core';
    const backend = await openBackend('wasm', { threads: 1 });
    const tokenizer = byteTokenizer();
    const read = async (path) => stores.splitTokens(await stores.prepareTokens(path, tokenizer), 0.1, 24).train;
    const steps = async (trainer, count) => { for (let i = 0; i < count; i++) await trainer.step(); };
    const begin = async (path) => new Trainer(
      await createModel({ dModel: 16, nLayer: 2, vocabSize: 256 }, { backend, seed: 1337 }),
      await read(path),
      { batchSize: 2, blockSize: 24, maxIters: 10, warmupIters: 3, carryState: true },
    );
    ${body}
    process.exit(0);`;
  const { code: status, stderr } = await start(process.execPath, ['--input-type=module', '-e', code], { cwd: root })
    .done;
  expect(status, stderr).toBe(0);
}

async function tensorsOf(folder: string): Promise<Record<string, Float32Array>> {
  const tensors: Record<string, Float32Array> = {};
  for (const name of ['model.safetensors', 'training-10.safetensors']) {
    const file = await openTensorFile(join(folder, name));
    for (const tensor of file.tensors.keys()) tensors[tensor] = (await file.read(tensor)).data;
    await file.close();
  }
  return tensors;
}

it('makes the same 10 updates in one process as in two', async () => {
  const folder = await workFolder();
  const [path, whole, parts, command] = ['play.txt', 'whole', 'parts', 'command'].map((name) =>
    JSON.stringify(join(folder, name)),
  );
  const known = `{ tokenizer, data: ${path}, evalBatches: 1 }`;
  await runInProcess(`const t = await begin(${path}); await steps(t, 10); await t.save(${whole}, ${known});`);
  for (const out of [parts, command]) {
    await runInProcess(`const t = await begin(${path}); await steps(t, 5); await t.save(${out}, ${known});`);
  }
  await runInProcess(
    `const t = await Trainer.resume(${parts}, await read(${path}), { backend }); await steps(t, 5); await t.save(${parts});`,
  );
  await ok(['train', '--out', join(folder, 'command'), '--resume', '--threads', '1']);
  const want = await tensorsOf(join(folder, 'whole'));
  expect(Object.keys(want).length).toBeGreaterThan(30);
  for (const name of ['parts', 'command']) expect(await tensorsOf(join(folder, name)), name).toEqual(want);
  const config = (name: string) => readFile(join(folder, name, 'config.json'), 'utf8');
  expect(await config('command')).toBe(await config('whole'));
});
