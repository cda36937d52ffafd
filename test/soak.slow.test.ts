/** Hours in seconds: 1,000 training steps and 10,000 generated tokens of a tiny model, with flat memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { textData } from '../packages/core/src/data/index.ts';
import { generate } from '../packages/core/src/generate/generate.ts';
import { createModel } from '../packages/core/src/models/registered.ts';
import type { Backend } from '../packages/core/src/tensor/backend.ts';
import { byteTokenizer } from '../packages/core/src/tokenize/index.ts';
import { Trainer } from '../packages/core/src/train/trainer.ts';
import { play } from '../packages/core/test/train/runs.ts';
import { backends } from './support/backends.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const MB = 2 ** 20;

/** What is in use once nothing is left to collect: finalizers run in turns of their own. */
async function settled(backend: Backend) {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { used: backend.heap.used, reserved: backend.heap.reserved, rss, heapUsed };
}

async function expectFlat(backend: Backend, before: Awaited<ReturnType<typeof settled>>) {
  const after = await settled(backend);
  expect(after.used, 'bytes in use').toBe(before.used);
  expect(after.reserved, 'bytes reserved').toBe(before.reserved);
  expect((after.heapUsed - before.heapUsed) / MB, 'MB of JavaScript heap').toBeLessThan(3);
  expect((after.rss - before.rss) / MB, 'MB resident').toBeLessThan(40);
}

const chosen = backends.filter(({ backend }) => backend.name !== 'wasm' || backend.device.threads === 1);

describe.each(chosen)('on $name', ({ backend }) => {
  it.each([
    ['a thousand training steps', 1000, false],
    ['two hundred with carried states', 200, true],
  ])('%s take no memory', async (_, steps, carryState) => {
    const tokenizer = byteTokenizer();
    const data = await textData(play, tokenizer);
    const model = await createModel({ dModel: 16, nLayer: 2, vocabSize: 256 }, { backend });
    const options = { batchSize: 2, blockSize: 24, maxIters: steps, learningRate: 5e-3, carryState };
    const trainer = new Trainer(model, data, options);
    let loss = 0;
    let highest = 0;
    const run = async (count: number) => {
      highest = 0;
      for (let i = 0; i < count; i++) {
        ({ loss } = await trainer.step());
        highest = Math.max(highest, backend.heap.used);
      }
    };
    await run(50);
    const before = await settled(backend);
    await run(steps - 50);
    await expectFlat(backend, before);
    expect(highest, 'bytes in use after any step, without the help of the collector').toBe(before.used);
    expect(trainer.iter).toBe(steps);
    expect(loss, 'it was training').toBeLessThan(4);
    trainer.dispose();
  });

  it('ten thousand tokens take no memory', async () => {
    const model = await createModel({ dModel: 16, nLayer: 2, vocabSize: 64 }, { backend, seed: 2 });
    const counts = new Array<number>(64).fill(0);
    const run = async (maxTokens: number) => {
      let made = 0;
      for await (const one of generate(model, [1, 2, 3], { maxTokens, seed: 1 })) {
        counts[one.token]++;
        // The last state is the caller's; the others are freed as generation continues.
        if (++made === maxTokens) one.state.dispose();
      }
      expect(made).toBe(maxTokens);
    };
    await run(500);
    const before = await settled(backend);
    await run(10_000);
    await expectFlat(backend, before);
    expect(counts.filter((n) => n > 0).length, 'many different ones').toBeGreaterThan(40);
  });

  it('a leak would be seen', async () => {
    const before = await settled(backend);
    const kept = Array.from({ length: 10 }, () => backend.zeros([1000]));
    await expect(expectFlat(backend, before)).rejects.toThrow('bytes in use');
    for (const tensor of kept) tensor.dispose();
    await expectFlat(backend, before);
  });
});
