/** Every family by the same trainer, in the same folders: it learns text, resumes bit-exact, and generates. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { textData } from '../../src/data/index.ts';
import { generate } from '../../src/generate/generate.ts';
import { createModel, loadModel } from '../../src/models/registered.ts';
import { byteTokenizer } from '../../src/tokenize/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { tinyConfigs } from '../models/tiny.ts';
import { logOf, play, resume, run, stepsOf, workFolder } from './runs.ts';

const data = await textData(play, byteTokenizer());
const options = { batchSize: 4, blockSize: 32, maxIters: 1000, warmupIters: 0, learningRate: 8e-3, seed: 1 };
const fastest = backends.at(-1)?.backend ?? anyBackend;

describe.each(tinyConfigs)('%s with %j', (_, { vocabSize: _tokens, ...config }) => {
  it('learns text', async () => {
    const model = await createModel(
      { dModel: 20, nLayer: 2, ...config, vocabSize: 256 },
      { backend: fastest, seed: 1 },
    );
    const trainer = new Trainer(model, data, options);
    const losses: number[] = [];
    for (let i = 0; i < 100; i++) losses.push((await trainer.step()).loss);
    trainer.dispose();
    expect(Math.abs(losses[0] - Math.log(256)), 'it knows nothing at first').toBeLessThan(0.3);
    const end = losses.slice(-10).reduce((a, b) => a + b) / 10;
    expect(end).toBeLessThan(3.2);
    expect(end).toBeGreaterThan(1);
  });

  it('needs the estimated memory for a step', async () => {
    const { heap } = anyBackend;
    const base = heap.used;
    const model = await createModel({ dModel: 64, nLayer: 3, ...config, vocabSize: 256 }, { backend: anyBackend });
    const trainer = new Trainer(model, data, { ...options, batchSize: 8, blockSize: 96 });
    const allocate = heap.allocate.bind(heap);
    let peak = 0;
    heap.allocate = (bytes) => {
      const address = allocate(bytes);
      peak = Math.max(peak, heap.used);
      return address;
    };
    await trainer.step();
    heap.allocate = allocate;
    trainer.dispose();
    const ratio = model.trainingBytes(8, 96) / (peak - base);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.05);
  });

  it('resumes bit-exact, and the model of the folder generates what one forward predicts', async () => {
    const folder = await workFolder();
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const more = { dModel: 20, ...config, data: join(folder, 'play.jsonl'), carryState: true, maxIters: 8 };
    const { model } = await run({ ...more, out: whole });
    await run({ ...more, out: parts }, { stopAt: 4 });
    await resume(parts);
    expect(stepsOf(await logOf(parts))).toEqual(stepsOf(await logOf(whole)));
    const weights = await Promise.all([whole, parts].map((at) => readFile(join(at, 'model.safetensors'))));
    expect(weights[0].equals(weights[1])).toBe(true);

    const again = await loadModel(whole, { backend: anyBackend });
    expect(again.config).toEqual(model.config);
    const prompt = [...Buffer.from('ROMEO:')];
    const written: number[] = [];
    for await (const { token } of generate(again, prompt, { maxTokens: 8, temperature: 0 })) written.push(token);
    const { logits } = again.forward([[...prompt, ...written]]);
    const [values, vocab] = [logits.read(), logits.width];
    for (const [i, token] of written.entries()) {
      const row = values.subarray((prompt.length - 1 + i) * vocab, (prompt.length + i) * vocab);
      expect(Math.max(...row) - row[token]).toBeLessThan(1e-4);
    }
  });
});
