/** A trainer that is saved and resumed: bit-exact, and in the files of `mamba-ts train`. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { memoryExamples, prepareTokens, scaled, splitTokens, textData } from '../../src/data/index.ts';
import { UsageError } from '../../src/errors.ts';
import type { Model } from '../../src/models/model.ts';
import { createModel, createSequenceModel, loadModel } from '../../src/models/registered.ts';
import type { SequenceModel } from '../../src/models/sequenceModel.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { byteTokenizer } from '../../src/tokenize/index.ts';
import { train } from '../../src/train/run.ts';
import { openSaved } from '../../src/train/savedExamples.ts';
import type { TaskMaker, TrainingData } from '../../src/train/task.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerOptions } from '../../src/train/trainerOptions.ts';
import { tinyConfigs } from '../models/tiny.ts';
import { contentsOf, play, resume, run, small, workFolder } from './runs.ts';

const tokens = await textData(play, byteTokenizer());
const speeches = await textData(play.split('\n\n'), byteTokenizer());
const options = { batchSize: 2, blockSize: 24, maxIters: 10, warmupIters: 3, learningRate: 3e-3 };

const language = (backend: Backend) => createModel({ vocabSize: 256, dModel: 16, nLayer: 2 }, { backend, seed: 1 });
const classifier = (backend: Backend) =>
  createSequenceModel({ model: 's4d', dModel: 8, nLayer: 1, dInput: 1, nClasses: 2 }, { backend, seed: 1 });

const examples = memoryExamples(
  Array.from({ length: 9 }, (_, i) => ({
    sequence: Float32Array.from({ length: 3 + i }, (_, t) => Math.sin(t * (i + 1))),
    label: i % 2,
  })),
  { name: 'waves', classes: ['even', 'odd'] },
);

/** To say the value of two steps ago: batches from a function. */
const delay: TaskMaker<SequenceModel> = (_, random, model) => ({
  async next() {
    const [B, L] = [2, 12];
    const inputs = Float32Array.from({ length: B * L }, () => random.normal());
    const targets = inputs.map((_, i) => (i % L < 2 ? Number.NaN : inputs[i - 2]));
    return { steps: B * L, loss: () => ({ loss: model.loss({ inputs, B, L }, targets) }) };
  },
  state: () => random.state(),
  restore: (state) => random.restore(state as number[]),
});
const regressor = (backend: Backend) =>
  createSequenceModel(
    { model: 'mamba', dModel: 8, nLayer: 1, dState: 4, dInput: 1, nTargets: 1, output: 'step' },
    { backend, seed: 1 },
  );

async function steps<M extends Model>(trainer: Trainer<M>, count: number) {
  const reports = [];
  for (let i = 0; i < count; i++) reports.push(await trainer.step());
  return reports;
}

/** Equal weights, moments and counters. */
function expectSame<M extends Model>(got: Trainer<M>, want: Trainer<M>): void {
  const values = ({ model, optimizer }: Trainer<M>) => [
    ...Object.entries(model.parameters),
    ...[...optimizer.moments].flatMap(([name, { m, v }]) => [[`m.${name}`, m] as const, [`v.${name}`, v] as const]),
  ];
  const expected = new Map(values(want).map(([name, tensor]) => [name, tensor.read()]));
  for (const [name, tensor] of values(got)) expectIdentical(tensor.read(), expected.get(name)!, name);
  const { seconds: _, ...state } = got.state();
  expect(state).toEqual((({ seconds: _, ...rest }) => rest)(want.state()));
}

type Case = [string, (backend: Backend) => Promise<Model>, TrainingData<never>, Partial<TrainerOptions>];

describe.each(backends)('a trainer on $name', ({ backend }) => {
  it.each<Case>([
    ['tokens', language, tokens, {}],
    ['carried states and documents', language, speeches, { carryState: true }],
    ['accumulated gradients', language, tokens, { gradientAccumulation: 2 }],
    ['examples', classifier, examples, {}],
    ['a function', regressor, delay as TaskMaker<never>, {}],
  ])('makes the same 10 updates as 5, a save and 5 more: %s', async (_, create, source, more) => {
    const folder = join(await workFolder(), 'run');
    const whole = new Trainer<Model>(await create(backend), source as TrainingData, { ...options, ...more });
    const reports = await steps(whole, 10);
    const first = new Trainer<Model>(await create(backend), source as TrainingData, { ...options, ...more });
    expect(await steps(first, 5)).toEqual(reports.slice(0, 5));
    await first.save(folder);
    const second: Trainer<Model> = await Trainer.resume(folder, source as TaskMaker<Model>, { backend });
    expect(second.options).toEqual(whole.options);
    expect(await steps(second, 5)).toEqual(reports.slice(5));
    expectSame(second, whole);
  });
});

describe('a saved trainer', () => {
  const begin = async (more: Partial<TrainerOptions> = {}) =>
    new Trainer(await language(anyBackend), tokens, { ...options, ...more });

  it('is saved again and again in its folder, and elsewhere', async () => {
    const folder = await workFolder();
    const trainer = await begin();
    for (let i = 1; i <= 3; i++) {
      await steps(trainer, 1);
      await trainer.save(join(folder, 'run'), { tokenizer: byteTokenizer() });
      expect((await readdir(join(folder, 'run'))).sort()).toEqual(
        ['config.json', 'model.safetensors', 'tokenizer.json', 'train.json', `training-${i}.safetensors`].sort(),
      );
    }
    const resumed = await Trainer.resume(join(folder, 'run'), tokens, { backend: anyBackend });
    await resumed.save(join(folder, 'copy'));
    const files = async (name: string) => Object.values(await contentsOf(join(folder, name)));
    expect(await files('copy'), 'with the tokenizer').toEqual(await files('run'));
    await steps(resumed, 1);
    await resumed.save(join(folder, 'copy'));
    expect((await Trainer.resume(join(folder, 'copy'), tokens, { backend: anyBackend })).iter).toBe(4);
  });

  it('is a model that loads', async () => {
    const folder = join(await workFolder(), 'run');
    const trainer = await begin();
    await steps(trainer, 1);
    await trainer.save(folder);
    const model = await loadModel(folder, { backend: anyBackend });
    for (const [name, tensor] of Object.entries(trainer.model.parameters)) {
      expectIdentical(model.parameters[name].read(), tensor.read(), name);
    }
  });

  it('goes into a model that is there, and takes other options', async () => {
    const folder = join(await workFolder(), 'run');
    const trainer = await begin();
    await steps(trainer, 2);
    await trainer.save(folder);
    const model = await createModel({ vocabSize: 256, dModel: 16, nLayer: 2 }, { backend: anyBackend, seed: 9 });
    const resumed = await Trainer.resume(folder, tokens, { model, maxIters: 50 });
    expect(resumed.model).toBe(model);
    expect(resumed.options).toEqual({ ...trainer.options, maxIters: 50 });
    expectSame(resumed, trainer);
    await resumed.save(folder);
    expect((await Trainer.resume(folder, tokens, { backend: anyBackend })).options.maxIters).toBe(50);
  });

  it('frees its moments with its scope', async () => {
    const { heap } = anyBackend;
    const model = await language(anyBackend);
    const before = heap.used;
    {
      using trainer = new Trainer(model, tokens, options);
      await trainer.step();
      expect(heap.used).toBeGreaterThan(before);
    }
    expect(heap.used).toBeLessThanOrEqual(before);
  });

  it('refuses a folder without a run, one of another run, and one in use', async () => {
    const folder = await workFolder();
    const nothing = Trainer.resume(join(folder, 'nothing'), tokens);
    await expect(nothing).rejects.toThrow(UsageError);
    await expect(nothing).rejects.toThrow(
      /^Trainer\.resume: .*nothing\/train\.json cannot be read \(ENOENT\)\. This folder holds no run to resume/,
    );
    expect(await readdir(folder)).not.toContain('nothing');
    const [one, other] = [await begin(), await begin()];
    await one.save(join(folder, 'run'));
    await expect(other.save(join(folder, 'run'))).rejects.toThrow(
      `Trainer.save: ${join(folder, 'run')} holds another run or model. Choose another folder`,
    );
    await writeFile(join(folder, 'run', 'train.lock'), '1');
    await expect(one.save(join(folder, 'run'))).rejects.toThrow('Trainer.save: process 1 is training in');
    await writeFile(join(folder, 'file'), '');
    await expect(one.save(join(folder, 'file'))).rejects.toThrow('Give the name of a folder, not of a file.');
  });

  it('refuses another model, other data and unknown options', async () => {
    const folder = join(await workFolder(), 'run');
    const trainer = await begin();
    await steps(trainer, 1);
    await trainer.save(folder);
    const wide = await createModel({ vocabSize: 256, dModel: 32, nLayer: 2 }, { backend: anyBackend });
    const expectRefused = async (promise: Promise<unknown>, message: string | RegExp) => {
      const error: unknown = await promise.catch((error: unknown) => error);
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).toMatch(message);
    };
    const used = anyBackend.heap.used;
    await expectRefused(
      Trainer.resume(folder, tokens, { model: wide }),
      /^Trainer\.resume: dModel of the model is 32, expected 16, as in .*config\.json\. Use a model with/,
    );
    const shorter = await textData(play.slice(0, 5000), byteTokenizer());
    await expectRefused(
      Trainer.resume(folder, shorter, { model: trainer.model }),
      /^Trainer\.resume: .*training-1\.safetensors does not fit this run \(BatchSampler\.restore: length was 12000/,
    );
    await expectRefused(
      Trainer.resume(folder, examples, { backend: 'wasm' }),
      /got a store of examples for a LanguageModel/,
    );
    await expectRefused(Trainer.resume(folder, tokens, { batchSize: 3, model: trainer.model }), /batchSize was 2/);
    await expectRefused(Trainer.resume(folder, tokens, { maxIter: 3 } as object), /unknown option 'maxIter'/);
    await expectRefused(trainer.save(folder, { dat: 'play.txt' } as object), /^Trainer\.save: unknown option 'dat'/);
    await expectRefused(trainer.save(folder, { horizon: 0 }), /^Trainer\.save: horizon is 0, expected a whole number/);
    expect(anyBackend.heap.used).toBeLessThanOrEqual(used);
  });
});

describe('a run begun in code', () => {
  /** As `mamba-ts train` reads a text. */
  const readPart = async (folder: string) => {
    const store = await prepareTokens(join(folder, 'play.txt'), byteTokenizer());
    return splitTokens(store, 0.1, small.blockSize).train;
  };
  const trained = { batchSize: 2, blockSize: 24, maxIters: 20, warmupIters: 4, learningRate: 3e-3 };
  const create = async () => {
    const model = await createModel({ dModel: 16, nLayer: 2, vocabSize: 256 }, { backend: anyBackend, seed: 1337 });
    return model;
  };

  it('is continued by the command, and the reverse', async () => {
    const folder = await workFolder();
    const path = join(folder, 'play.txt');
    const place = { tokenizer: byteTokenizer(), data: path };
    const want = await run({ data: path, out: join(folder, 'whole') });

    const trainer = new Trainer(await create(), await readPart(folder), trained);
    await steps(trainer, 10);
    await trainer.save(join(folder, 'code'), { ...place, evalEvery: 7, evalBatches: 2 });
    const got = await resume(join(folder, 'code'), { threads: 1 });
    expect([got.iter, got.evaluation]).toEqual([20, want.evaluation]);

    await run({ data: path, out: join(folder, 'command') }, { stopAt: 10 });
    const resumed = await Trainer.resume(join(folder, 'command'), await readPart(folder), { backend: anyBackend });
    await steps(resumed, 5);
    await resumed.save(join(folder, 'command'));
    expect((await resume(join(folder, 'command'))).iter).toBe(20);

    const weights = (name: string) => readFile(join(folder, name, 'model.safetensors'));
    const whole = await weights('whole');
    for (const name of ['code', 'command']) expect((await weights(name)).equals(whole), name).toBe(true);
  });

  it('keeps the best loss of the command', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    await run({ data: join(folder, 'play.txt'), out, evalEvery: 5 }, { stopAt: 10 });
    const bestLoss = async () => /\\"bestLoss\\":([\d.]+)/.exec(await progressText(out))?.[1];
    const before = await bestLoss();
    expect(before).toBeDefined();
    const resumed = await Trainer.resume(out, await readPart(folder), { backend: anyBackend });
    await steps(resumed, 1);
    await resumed.save(out);
    expect(await bestLoss()).toBe(before);
  });

  it.each(tinyConfigs)('can be continued by the command with any model: %s with %j', async (_, tiny) => {
    const folder = await workFolder();
    const config = { dModel: 24, nLayer: 2, ...tiny, vocabSize: 256 };
    const trainer = new Trainer(await createModel(config, { backend: anyBackend }), await readPart(folder), trained);
    await steps(trainer, 1);
    const out = join(folder, 'run');
    await trainer.save(out, { tokenizer: byteTokenizer(), data: join(folder, 'play.txt'), evalBatches: 1 });
    const result = await train({ layers: [{ out }], resume: true, stopAt: 2 });
    expect(result.iter).toBe(2);
    expect(result.model.config).toEqual(trainer.model.config);
    result.model.backend.dispose();
  });

  it('continues a classification of the command', async () => {
    const folder = await workFolder({ 't.csv': `a,b,kind\n${'1,2,x\n4,5,y\n7,1,x\n3,3,y\n'.repeat(6)}` });
    const path = join(folder, 't.csv');
    const flags = { ...small, task: 'classify', label: 'kind', data: path, cutTo: 0 };
    const session = async (out: string, more: object) => {
      const result = await train({ layers: [{ ...flags, out: join(folder, out) }], ...more });
      result.model.backend.dispose();
    };
    await session('whole', {});
    await session('parts', { stopAt: 10 });
    const { opened, facts } = await openSaved(join(folder, 'parts'), path);
    const { train: part } = opened.split(0.1, 1337);
    const resumed = await Trainer.resume(join(folder, 'parts'), scaled(part, facts.scaling), { backend: anyBackend });
    await steps(resumed, 10);
    await resumed.save(join(folder, 'parts'));
    const [whole, parts] = await Promise.all(
      ['whole', 'parts'].map((name) => readFile(join(folder, name, 'model.safetensors'))),
    );
    expect(parts.equals(whole)).toBe(true);
  });
});

async function progressText(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.startsWith('training-'))!;
  return (await readFile(join(folder, name))).toString('latin1');
}
