import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SequenceModel } from '../../../../packages/core/src/models/sequenceModel.ts';
import type { TaskMaker } from '../../../../packages/core/src/train/task.ts';
import { anyBackend as backend } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { type RunContext, Stopped } from '../../../src/reproduce/experiment.ts';
import { type Course, learn } from '../../../src/reproduce/parts/learn.ts';
import { newSequenceModel } from '../../../src/reproduce/parts/models.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'learn-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = (change: Partial<RunContext> = {}): RunContext => ({
  backend,
  folder,
  signal: new AbortController().signal,
  progress: () => {},
  data: () => Promise.reject(new Error('There is no data.')),
  ...change,
});

const tiny = { dModel: 8, nLayer: 1, dState: 4, dInput: 1, nTargets: 1, output: 'step' };
const newModel = (config: Readonly<Record<string, unknown>> = tiny, seed = 1) =>
  newSequenceModel(config, { backend }, seed);

/** To say what came two steps ago. */
const delay =
  (model: SequenceModel): TaskMaker =>
  (_, random) => ({
    async next() {
      const [B, L] = [2, 12];
      const inputs = Float32Array.from({ length: B * L }, () => random.normal());
      const targets = inputs.map((_, i) => (i % L < 2 ? Number.NaN : inputs[i - 2]));
      return { steps: B * L, loss: () => ({ loss: model.loss({ inputs, B, L }, targets) }) };
    },
    state: () => random.state(),
    restore: (state) => random.restore(state as number[]),
  });

async function course(change: Partial<Course<SequenceModel>> = {}): Promise<Course<SequenceModel>> {
  const model = await newModel();
  return {
    model,
    data: delay(model),
    options: { maxIters: 10, learningRate: 1e-2, warmupIters: 2, seed: 3 },
    evalEvery: 4,
    evaluate: (one, iter) => ({ iter, size: one.parameters['decoder.weight'].read().reduce((a, b) => a + b * b, 0) }),
    ...change,
  };
}

/** Asks to stop as soon as progress was told `at` times. */
function stopAt(at: number): Pick<RunContext, 'signal' | 'progress'> {
  const abort = new AbortController();
  let told = 0;
  return {
    signal: abort.signal,
    progress: () => {
      if (++told === at) abort.abort();
    },
  };
}

const expectSameWeights = (one: SequenceModel, other: SequenceModel) => {
  for (const [name, tensor] of Object.entries(one.parameters)) {
    expectIdentical(other.parameters[name].read(), tensor.read(), name);
  }
};

/** Stops a run after five updates. */
async function stopped(change: Partial<Course<SequenceModel>> = {}): Promise<void> {
  await expect(learn(context(stopAt(5)), await course(change))).rejects.toThrow(Stopped);
}

describe('learn', () => {
  it('evaluates on the way and at the end', async () => {
    const seen: number[] = [];
    const one = await course({ share: [0.5, 1] });
    const before = one.model.parameters['decoder.weight'].read();
    const { iter, curve, seconds } = await learn(context({ progress: (done) => seen.push(done) }), one);
    expect(iter).toBe(10);
    expect(seconds).toBeGreaterThan(0);
    expect(curve.map((point) => point.iter)).toEqual([4, 8, 10]);
    expect(curve.every(({ loss, size }) => loss > 0 && size > 0)).toBe(true);
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => 0.5 + (0.5 * (i + 1)) / 10));
    expect(one.model.parameters['decoder.weight'].read()).not.toEqual(before);
  });

  it('means the losses since the evaluation before', async () => {
    const every = await learn(context(), await course({ evalEvery: 1, name: 'every' }));
    const some = await learn(context(), await course({ evalEvery: 4, name: 'some' }));
    const losses = every.curve.map(({ loss }) => loss);
    const meanOf = (from: number, to: number) => losses.slice(from, to).reduce((a, b) => a + b) / (to - from);
    expect(some.curve.map(({ loss }) => loss)).toEqual([meanOf(0, 4), meanOf(4, 8), meanOf(8, 10)]);
  });

  it.each([1, 4, 5, 9])('resumes after a stop at update %i, bit-exact', async (at) => {
    const whole = await course({ name: 'whole' });
    const { curve } = await learn(context(), whole);
    await expect(learn(context(stopAt(at)), await course())).rejects.toThrow(Stopped);
    // Other first values, which the checkpoint must replace.
    const model = await newModel(tiny, 9);
    const rest: number[] = [];
    const resumed = await learn(context({ progress: (done) => rest.push(done) }), {
      ...(await course()),
      model,
      data: delay(model),
    });
    expect(rest).toHaveLength(10 - at);
    expect(resumed.iter).toBe(10);
    expect(resumed.curve).toEqual(curve);
    expectSameWeights(whole.model, model);
  });

  it('gives a finished run again without learning more', async () => {
    const first = await course();
    const learned = await learn(context(), first);
    const model = await newModel(tiny, 9);
    const evaluate = () => Promise.reject(new Error('It was evaluated again.'));
    const again = await learn(context(), { ...(await course({ evaluate })), model, data: delay(model) });
    expect(again).toEqual(learned);
    expectSameWeights(first.model, model);
  });

  it('ends where an evaluation says that it is solved, and stays so', async () => {
    const isSolved = ({ iter }: Readonly<Record<string, number>>) => iter >= 8;
    const { iter, curve } = await learn(context(), await course({ isSolved }));
    expect([iter, curve.length]).toEqual([8, 2]);
    const again = await learn(context(), await course({ isSolved }));
    expect([again.iter, again.curve]).toEqual([8, curve]);
  });

  it('keeps the checkpoints of several models apart', async () => {
    const seeds = async (seed: number) => {
      const { options, ...rest } = await course({ name: `seed-${seed}` });
      return learn(context(), { ...rest, options: { ...options, seed } });
    };
    const [one, two] = [await seeds(1), await seeds(2)];
    expect(one.curve).not.toEqual(two.curve);
    expect((await readdir(folder)).sort()).toEqual(['seed-1', 'seed-2']);
    expect(await seeds(1)).toEqual(one);
  });

  it.each([
    ['training-5.safetensors', 100],
    ['training-5.safetensors', undefined],
    ['model.safetensors', 100],
    ['model.safetensors', 0],
  ])('says what to do where %s was cut to %s bytes', async (file, bytes) => {
    await stopped();
    const path = join(folder, 'model', file);
    if (bytes === undefined) await rm(path);
    else await truncate(path, bytes);
    const model = await newModel();
    await expect(learn(context(), { ...(await course()), model, data: delay(model) })).rejects.toThrow(
      `reproduce: the checkpoint in ${join(folder, 'model')} is damaged or of other settings`,
    );
    await rm(join(folder, 'model'), { recursive: true });
    expect((await learn(context(), await course())).iter).toBe(10);
  });

  it('refuses the checkpoint of another model', async () => {
    await stopped();
    const model = await newModel({ ...tiny, dModel: 16 });
    await expect(learn(context(), { ...(await course()), model, data: delay(model) })).rejects.toThrow(
      'Remove that folder, and this run starts again.',
    );
  });

  it('refuses options that make no sense, and leaves no lock', async () => {
    const { options, ...rest } = await course();
    await expect(learn(context(), { ...rest, options: { ...options, batchSize: 0 } })).rejects.toThrow('batchSize');
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'model'), '');
    await expect(learn(context(), await course())).rejects.toThrow('cannot be written');
  });

  it('ends with the error of an evaluation, and resumes from the checkpoint before', async () => {
    await stopped();
    const evaluate = () => Promise.reject(new Error('no data'));
    await expect(learn(context(), await course({ evaluate }))).rejects.toThrow('no data');
    const whole = await learn(context(), await course({ name: 'whole' }));
    expect((await learn(context(), await course())).curve).toEqual(whole.curve);
  });
});
