import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { textData } from '../../src/data/index.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { createModel } from '../../src/models/registered.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { byteTokenizer } from '../../src/tokenize/index.ts';
import { checkMemory, size } from '../../src/train/memory.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerOptions } from '../../src/train/trainerOptions.ts';
import { play } from './runs.ts';

const data = await textData(play, byteTokenizer());
const config = { dModel: 16, nLayer: 2, vocabSize: 256 };
const options = { batchSize: 4, blockSize: 32, maxIters: 1000, warmupIters: 0, learningRate: 5e-3, seed: 1 };

async function trainer(backend: Backend, more: Partial<TrainerOptions> = {}, seed = 1): Promise<Trainer> {
  return new Trainer(await createModel(config, { backend, seed }), data, { ...options, ...more });
}

const valuesOf = ({ parameters }: LanguageModel) =>
  Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tensor.read()]));

describe.each(backends)('a trainer on $name', ({ backend }) => {
  it('makes the loss fall', async () => {
    const one = await trainer(backend);
    const losses: number[] = [];
    for (let i = 0; i < 80; i++) losses.push((await one.step()).loss);
    expect(Math.abs(losses[0] - Math.log(256)), 'it knows nothing at first').toBeLessThan(0.2);
    const end = losses.slice(-10).reduce((a, b) => a + b) / 10;
    expect(end).toBeLessThan(3.2);
    expect(end).toBeGreaterThan(1);
  });

  it('is the same run after run', async () => {
    const [first, second] = [await trainer(backend), await trainer(backend)];
    for (let i = 0; i < 5; i++) {
      const [a, b] = [await first.step(), await second.step()];
      expect(b).toEqual(a);
    }
    const [a, b] = [valuesOf(first.model), valuesOf(second.model)];
    for (const name of Object.keys(a)) expectIdentical(b[name], a[name], name);
  });

  it('gives two batches summed what one of twice the rows gets', async () => {
    // Rows are drawn one after another, so both see the same ones. A large epsilon: Adam would make
    // rounding errors of tiny gradients as large as a step.
    const same = { adamEps: 1e-3 };
    const summed = await trainer(backend, { ...same, batchSize: 2, gradientAccumulation: 2 });
    const whole = await trainer(backend, { ...same, batchSize: 4 });
    const before = valuesOf(whole.model);
    for (let i = 0; i < 4; i++) {
      const [a, b] = [await summed.step(), await whole.step()];
      expect(a.tokens).toBe(b.tokens);
      expect(Math.abs(a.loss - b.loss)).toBeLessThan(2e-5);
      expect(Math.abs(a.gradientNorm / b.gradientNorm - 1)).toBeLessThan(1e-4);
    }
    const [a, b] = [valuesOf(summed.model), valuesOf(whole.model)];
    for (const name of Object.keys(b)) {
      const moved = b[name].map((x, i) => Math.abs(x - before[name][i]));
      const apart = b[name].map((x, i) => Math.abs(x - a[name][i]));
      expect(Math.max(...moved), `${name} was trained`).toBeGreaterThan(0);
      expect(Math.max(...apart) / Math.max(...moved), name).toBeLessThan(0.02);
    }
  });

  it('restores from its state, bit-exact', async () => {
    const one = await trainer(backend);
    for (let i = 0; i < 3; i++) await one.step();
    const state = JSON.parse(JSON.stringify(one.state()));
    const other = await trainer(backend, {}, 9);
    for (const [name, { m, v }] of one.optimizer.moments) {
      other.optimizer.moments.get(name)!.m.write(m.read());
      other.optimizer.moments.get(name)!.v.write(v.read());
      other.model.parameters[name].write(one.model.parameters[name].read());
    }
    other.restore(state);
    for (let i = 0; i < 3; i++) expect(await other.step()).toEqual(await one.step());
  });

  it('names the parameter that is not a number', async () => {
    for (const name of ['backbone.layers.1.mixer.D', 'backbone.embedding.weight', 'backbone.norm_f.weight']) {
      const one = await trainer(backend);
      await one.step();
      const tensor = one.model.parameters[name];
      tensor.write(tensor.read().map((x, i) => (i === tensor.size - 1 ? NaN : x)));
      await expect(one.step()).rejects.toThrow(
        new RegExp(`^train: at iteration 2 the loss is NaN .*The first bad tensor is the parameter ${name}\\.`),
      );
    }
  });

  it('names the operation and the layer whose output is not finite', async () => {
    const one = await trainer(backend);
    const tensor = one.model.parameters['backbone.layers.1.mixer.A_log'];
    tensor.write(new Float32Array(tensor.size).fill(100));
    await expect(one.step()).rejects.toThrow(
      'the output of exp in backbone.layers.1.mixer. Lower learningRate (0.005)',
    );
    const other = await trainer(backend);
    const weight = other.model.parameters['backbone.layers.0.mixer.in_proj.weight'];
    weight.write(new Float32Array(weight.size).fill(3e38));
    await expect(other.step()).rejects.toThrow('the output of linear in backbone.layers.0.mixer.');
  });

  it('stops where the learning rate blows the weights up', async () => {
    const one = await trainer(backend, { learningRate: 1e38, minLearningRate: 1e38, weightDecay: 0 });
    const many = async () => {
      for (let i = 0; i < 20; i++) await one.step();
    };
    await expect(many()).rejects.toThrow(
      /The first bad tensor is the (parameter|output of|gradient of) .*Lower learningRate \(1e\+38\)/,
    );
  });

  it('keeps nothing of a failed step', async () => {
    const one = await trainer(backend);
    await one.step();
    const tensor = one.model.parameters['backbone.layers.0.mixer.D'];
    const good = tensor.read();
    const before = backend.heap.used;
    tensor.write(new Float32Array(tensor.size).fill(NaN));
    await expect(one.step()).rejects.toThrow('the parameter backbone.layers.0.mixer.D');
    // Collected tensors of other tests may have left meanwhile.
    expect(backend.heap.used).toBeLessThanOrEqual(before);
    tensor.write(good);
    expect((await one.step()).iter).toBe(2);
  });

  it('carries the state: each row reads on', async () => {
    const one = await trainer(backend, { carryState: true, learningRate: 1e-30, weightDecay: 0 });
    const row = await data.read(0, 32 * 4 + 1);
    const tokens = Array.from(row);
    let state: ReturnType<LanguageModel['forward']>['state'] | undefined;
    // Row 0 reads the data from the start: the losses of a batch of one row are those of reading it in pieces.
    const single = await trainer(backend, { carryState: true, learningRate: 1e-30, weightDecay: 0, batchSize: 1 });
    for (let i = 0; i < 4; i++) {
      const piece = tokens.slice(32 * i, 32 * (i + 1));
      const targets = tokens.slice(32 * i + 1, 32 * (i + 1) + 1);
      const want = one.model.lossAndState([piece], [targets], { state });
      state = want.state;
      expect((await single.step()).loss).toBeCloseTo(want.loss.read()[0], 5);
      expect(single.carried?.position).toBe(32 * (i + 1));
    }
  });
});

describe('the memory of a step', () => {
  it('is estimated before it is needed', async () => {
    const [batchSize, blockSize] = [8, 128];
    for (const shape of [
      { dModel: 64, nLayer: 2, vocabSize: 256 },
      { dModel: 32, nLayer: 4, vocabSize: 2000 },
    ]) {
      const { heap } = anyBackend;
      const base = heap.used;
      const one = new Trainer(await createModel(shape, { backend: anyBackend }), data, { batchSize, blockSize });
      const allocate = heap.allocate.bind(heap);
      let peak = 0;
      heap.allocate = (bytes) => {
        const address = allocate(bytes);
        peak = Math.max(peak, heap.used);
        return address;
      };
      await one.step();
      heap.allocate = allocate;
      const ratio = one.model.trainingBytes(batchSize, blockSize) / (peak - base);
      expect(ratio, JSON.stringify(shape)).toBeGreaterThan(0.9);
      expect(ratio, JSON.stringify(shape)).toBeLessThan(1.05);
    }
  });

  it('is extrapolated for long rows and many of them, at once', async () => {
    const model = await createModel(config, { backend: anyBackend });
    // Far more than could be run, even without memory.
    expect(model.trainingBytes(1, 2 ** 40)).toBeGreaterThan(2 ** 40);
    expect(model.trainingBytes(2 ** 30, 2 ** 20)).toBeGreaterThan(2 ** 50);
    const [one, two] = [64, 128].map((rows) => model.trainingBytes(rows, 96));
    expect(two / one).toBeGreaterThan(1.8);
    expect(two / one).toBeLessThan(2.01);
  });

  it('is an error where it cannot fit', async () => {
    const model = await createModel(config, { backend: anyBackend });
    expect(() => checkMemory(model, anyBackend, 8, 256)).not.toThrow();
    expect(() => checkMemory(model, anyBackend, 1e6, 1024)).toThrow(
      /^train: a step of 1000000 × 1024 tokens needs about [\d.]+ TiB, WebAssembly addresses 4\.0 GiB\. Use a smaller --batch-size/,
    );
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [340 * 2 ** 20, '340 MiB'],
    [1.2 * 2 ** 30, '1.2 GiB'],
    [2 ** 50, '1024 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});
