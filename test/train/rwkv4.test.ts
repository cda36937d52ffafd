/** RWKV-4 by the same trainer, in the same folders. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { textData } from '../../src/data/index.ts';
import { generateText } from '../../src/generate/text.ts';
import { createModel, loadModel } from '../../src/models/checkpoint.ts';
import { byteTokenizer } from '../../src/tokenize/index.ts';
import { trainingBytes } from '../../src/train/memory.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { anyBackend, backends } from '../support/backends.ts';
import { expectIdentical } from '../support/compare.ts';
import { logOf, play, resume, run, stepsOf, workFolder } from './runs.ts';

const data = await textData(play, byteTokenizer());
const config = { model: 'rwkv4', dModel: 16, nLayer: 2, vocabSize: 256 };
const options = { batchSize: 4, blockSize: 32, maxIters: 1000, warmupIters: 0, learningRate: 5e-3, seed: 1 };

describe.each(backends)('a trainer of rwkv4 on $name', ({ backend }) => {
  it('makes the loss fall', async () => {
    const one = new Trainer(await createModel(config, { backend, seed: 1 }), data, options);
    const losses: number[] = [];
    for (let i = 0; i < 80; i++) losses.push((await one.step()).loss);
    expect(Math.abs(losses[0] - Math.log(256)), 'it knows nothing at first').toBeLessThan(0.2);
    const end = losses.slice(-10).reduce((a, b) => a + b) / 10;
    expect(end).toBeLessThan(3.2);
    expect(end).toBeGreaterThan(1);
  });
});

it('a step of rwkv4 needs the memory that was said', async () => {
  for (const shape of [
    { dModel: 64, nLayer: 2, vocabSize: 256 },
    { dModel: 32, nLayer: 4, vocabSize: 2000 },
  ]) {
    const { heap } = anyBackend;
    const base = heap.used;
    const model = await createModel({ model: 'rwkv4', ...shape }, { backend: anyBackend });
    const one = new Trainer(model, data, { ...options, batchSize: 8, blockSize: 128 });
    const allocate = heap.allocate.bind(heap);
    let peak = 0;
    heap.allocate = (bytes) => {
      const address = allocate(bytes);
      peak = Math.max(peak, heap.used);
      return address;
    };
    await one.step();
    heap.allocate = allocate;
    const ratio = trainingBytes(model, 8, 128) / (peak - base);
    expect(ratio, JSON.stringify(shape)).toBeGreaterThan(0.7);
    expect(ratio, JSON.stringify(shape)).toBeLessThan(1.6);
  }
});

it('a run of rwkv4 stops, resumes to the bit, loads and writes', async () => {
  const folder = await workFolder();
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  const more = { model: 'rwkv4', data: join(folder, 'play.jsonl'), carryState: true };
  const { model } = await run({ ...more, out: whole });
  await run({ ...more, out: parts }, { stopAt: 10 });
  await resume(parts);
  expect(stepsOf(await logOf(parts))).toEqual(stepsOf(await logOf(whole)));
  const weights = await Promise.all([whole, parts].map((at) => readFile(join(at, 'model.safetensors'))));
  expect(weights[0].equals(weights[1])).toBe(true);

  const [first, second] = await Promise.all([whole, parts].map((at) => loadModel(at, { backend: anyBackend })));
  expect(first.config).toEqual(model.config);
  for (const [name, tensor] of Object.entries(first.parameters)) {
    expectIdentical(second.parameters[name].read(), tensor.read(), name);
  }
  let text = '';
  for await (const piece of generateText(first, byteTokenizer(), 'ROMEO:', { maxTokens: 20, seed: 1 })) text += piece;
  expect(text.length).toBeGreaterThan(0);
});
