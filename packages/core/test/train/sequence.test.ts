/** Sequence models in training: they learn small tasks in seconds, and runs resume bit-exact. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyBackend, nativeBackend } from '../../../../test/support/backends.ts';
import { normal, uniforms } from '../../../../test/support/random.ts';
import { type Example, type ExampleStore, memoryExamples } from '../../src/data/index.ts';
import { encodeWav } from '../../src/formats/index.ts';
import { createSequenceModel, loadSequenceModel, sequenceConfigOf } from '../../src/models/registered.ts';
import { squaredError } from '../../src/ops/index.ts';
import { Random } from '../../src/random.ts';
import { evaluateSequence } from '../../src/train/evaluateSequence.ts';
import { type Prediction, predict } from '../../src/train/predict.ts';
import { train } from '../../src/train/run.ts';
import { openSaved } from '../../src/train/savedExamples.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { logOf, resume, run, small, stepsOf, workFolder } from './runs.ts';

const backend = nativeBackend ?? anyBackend;
const quick = { batchSize: 16, warmupIters: 5, learningRate: 1e-2, minLearningRate: 1e-3, seed: 1 };

async function learn(config: Record<string, unknown>, data: ExampleStore, test: ExampleStore, maxIters: number) {
  const model = await createSequenceModel({ model: 'mamba', dModel: 16, nLayer: 1, ...config }, { backend, seed: 1 });
  const trainer = new Trainer(model, data, { ...quick, maxIters });
  for (let i = 0; i < maxIters; i++) await trainer.step();
  trainer.dispose();
  return evaluateSequence(model, test, { batchSize: 32 });
}

/** `count` examples that `make` draws. */
const drawn = (seed: number, count: number, make: (random: () => number) => Example, output?: 'sequence' | 'step') => {
  const random = uniforms(seed);
  const examples = Array.from({ length: count }, () => make(random));
  return memoryExamples(examples, { name: 'toy', output });
};

describe('a sequence model learns', () => {
  const sine = (random: () => number): Example => {
    const label = Math.floor(3 * random());
    const phase = 2 * Math.PI * random();
    const length = 40 + Math.floor(20 * random());
    const noise = normal(random, [length], 0.2).data;
    const frequency = [0.05, 0.08, 0.12][label];
    const wave = Float32Array.from(noise, (e, t) => Math.sin(2 * Math.PI * frequency * t + phase) + e);
    return { sequence: wave, label };
  };

  it.each([
    { model: 's4d', pooling: 'mean' },
    { model: 'mamba', pooling: 'max', bidirectional: 'add' },
  ])('the frequency of a noisy sine, more than 95 % right: %j', async (more) => {
    const config = { dInput: 1, nClasses: 3, nLayer: 2, ...more };
    const { accuracy, compared } = await learn(config, drawn(1, 400, sine), drawn(2, 200, sine), 150);
    expect(compared).toBe(200);
    expect(accuracy).toBeGreaterThan(0.95);
  });

  it('the mean of all steps so far, at each step', async () => {
    const averages = (random: () => number): Example => {
      const sequence = Float32Array.from(normal(random, [16], 1, 0).data);
      let sum = 0;
      const targets = sequence.map((x, t) => {
        sum += x;
        return sum / (t + 1);
      });
      return { sequence, targets };
    };
    const config = { dInput: 1, nTargets: 1, output: 'step' };
    const stores = [drawn(3, 400, averages, 'step'), drawn(4, 100, averages, 'step')] as const;
    const { meanSquaredError, meanAbsoluteError } = await learn(config, ...stores, 300);
    // The variance of the targets is about 0.2.
    expect(meanSquaredError).toBeLessThan(0.01);
    expect(meanAbsoluteError).toBeLessThan(0.08);
  });

  it('the token to come, step by step, in both directions alone', async () => {
    const next = (random: () => number): Example => {
      const sequence = Int32Array.from({ length: 12 }, () => Math.floor(4 * random()));
      return { sequence, labels: sequence.map((_, t) => sequence[t + 1] ?? -1) };
    };
    const stores = [drawn(5, 400, next, 'step'), drawn(6, 100, next, 'step')] as const;
    const config = { vocabSize: 4, nClasses: 4, output: 'step' };
    const both = await learn({ ...config, bidirectional: 'concat' }, ...stores, 100);
    expect(both.compared, 'the last step has no label').toBe(1100);
    expect(both.accuracy).toBeGreaterThan(0.98);
    expect((await learn(config, ...stores, 100)).accuracy).toBeLessThan(0.4);
  });

  it('by a task of one’s own', async () => {
    const config = { model: 's4d', dModel: 8, nLayer: 1, dInput: 1, nTargets: 1 };
    const model = await createSequenceModel(sequenceConfigOf(config), { backend, seed: 1 });
    const trainer = new Trainer(
      model,
      ({ batchSize }, given) => {
        let random: Random = given;
        return {
          async next() {
            const rows = Array.from({ length: batchSize }, () =>
              Float32Array.from({ length: 5 }, () => random.normal()),
            );
            const wanted = Float32Array.from(rows, (row) => Math.max(...row));
            return { steps: 5 * batchSize, loss: () => ({ loss: squaredError(model.forward(rows).outputs, wanted) }) };
          },
          state: () => random.state(),
          restore(state) {
            random = new Random(0);
            random.restore(state as number[]);
          },
        };
      },
      { ...quick, maxIters: 100 },
    );
    const losses: number[] = [];
    for (let i = 0; i < 100; i++) losses.push((await trainer.step()).loss);
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 5)) / 3);
  });
});

const waves = (count: number) => {
  const random = uniforms(9);
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const [label, speaker] = [['low', 'high'][i % 2], ['ann', 'bob', 'cem', 'dia'][Math.floor(i / 2) % 4]];
      const samples = Float32Array.from(
        { length: 60 + (i % 7) },
        (_, t) => 0.5 * Math.sin(t * (i % 2 ? 1 : 0.2)) + 0.05 * random(),
      );
      return [`${label}_${speaker}_${i}.wav`, encodeWav(samples, { sampleRate: 8000 })];
    }),
  );
};

const csv = (names: string, rows: readonly (readonly (number | string)[])[]) =>
  `${names}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const rowsOf = (count: number, row: (i: number) => (number | string)[]) =>
  Array.from({ length: count }, (_, i) => row(i));

const sets: Record<string, { files: Record<string, string | Uint8Array>; data: string; options: object }> = {
  'clips, by names': { files: waves(24), data: '.', options: { task: 'classify', model: 's4d' } },
  'clips, as mu-law tokens, in both directions': {
    files: waves(16),
    data: '.',
    options: { task: 'classify', tokenizer: 'muLaw', bidirectional: 'gate', cutTo: 40 },
  },
  'a table, a row a sequence': {
    files: {
      't.csv': csv(
        'shape,a,b,c',
        rowsOf(30, (i) => (i % 2 ? ['up', 1, i, 40 + i] : ['down', 9 + i, i, -i])),
      ),
    },
    data: 't.csv',
    options: { task: 'classify', label: 'shape' },
  },
  'a table, labels step by step': {
    files: {
      't.csv': csv(
        'id,x,y,on',
        rowsOf(90, (i) => [Math.floor(i / 6), i % 6, i % 5, i % 3 ? 'no' : 'yes']),
      ),
    },
    data: 't.csv',
    options: { task: 'classify', label: 'on', sequence: 'id', output: 'step' },
  },
  'texts in a JSONL file': {
    files: {
      't.jsonl': rowsOf(24, (i) => [JSON.stringify({ text: 'ab'.repeat(i + 1), kind: i % 3 })])
        .flat()
        .join('\n'),
    },
    data: 't.jsonl',
    options: { task: 'classify', label: 'kind' },
  },
  'FASTA with classes': {
    files: {
      'g.fasta': rowsOf(20, (i) => [`>r${i} ${i % 2 ? 'gc' : 'at'}\n${(i % 2 ? 'GC' : 'AT').repeat(9 + i)}`])
        .flat()
        .join('\n'),
    },
    data: 'g.fasta',
    options: { task: 'classify', tokenizer: 'dna' },
  },
  'a series, the next rows at each step': {
    files: {
      's.csv': csv(
        't,y,z',
        rowsOf(120, (i) => [i, Math.sin(i / 3), i % 20 === 7 ? 'NA' : 100 + (i % 5)]),
      ),
    },
    data: 's.csv',
    options: { task: 'regress', columns: 'y,z', targets: 'z', horizon: 2 },
  },
  'a table, a value a sequence': {
    files: {
      't.csv': csv(
        'a,b,c,sum',
        rowsOf(40, (i) => [i, 2 * i, i % 3, 3 * i + (i % 3)]),
      ),
    },
    data: 't.csv',
    options: { task: 'regress', targets: 'sum', output: 'sequence' },
  },
};

async function setOf(name: string) {
  const { files, data, options } = sets[name];
  const folder = await workFolder();
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'set', file)), { recursive: true });
    await writeFile(join(folder, 'set', file), content);
  }
  return { folder, options: { ...small, ...options, data: join(folder, 'set', data) } };
}

const predictionsOf = async (out: string, data: string) => {
  const model = await loadSequenceModel(out, { backend: anyBackend });
  const found: Prediction[] = [];
  for await (const one of predict(model, out, data)) found.push(one);
  return found;
};

describe('a run of a sequence model', () => {
  it.each(Object.keys(sets))('stopped at 10 and resumed equals 20 updates in one session: %s', async (name) => {
    const { folder, options } = await setOf(name);
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const one = await train({ layers: [{ ...options, out: whole }] });
    const half = await train({ layers: [{ ...options, out: parts }], stopAt: 10 });
    one.model.backend.dispose();
    half.model.backend.dispose();
    const rest = await resume(parts);
    expect([half.iter, rest.iter]).toEqual([10, 20]);
    expect(rest.evaluation).toEqual(one.evaluation);
    expect(stepsOf(await logOf(parts))).toEqual(stepsOf(await logOf(whole)));
    for (const file of ['model.safetensors', 'config.json', 'examples.json', 'best/examples.json']) {
      expect((await readFile(join(parts, file))).equals(await readFile(join(whole, file))), file).toBe(true);
    }
    const losses = stepsOf(await logOf(whole)).map(({ loss }) => loss);
    expect(losses.every(Number.isFinite)).toBe(true);
    // The whole data again, as `mamba-ts eval` and `mamba-ts predict` read it.
    const { opened, facts } = await openSaved(whole, options.data);
    expect(opened.all.length).toBeGreaterThan(0);
    const predictions = await predictionsOf(join(whole, 'best'), options.data);
    const names = facts.classes ?? facts.values ?? [];
    for (const { values, class: found } of predictions) {
      expect(Object.keys(values)).toEqual(names);
      if (facts.classes) {
        expect(facts.classes).toContain(found);
        expect(Object.values(values).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      }
    }
  });

  it('reads the columns of its training by name: resumed, evaluated and to predict', async () => {
    const rows = rowsOf(30, (i) => (i % 2 ? ['up', 1, i, 40 + i] : ['down', 9 + i, i, -i]));
    const turned = csv(
      'id,c,b,shape,a',
      rows.map(([shape, a, b, c], i) => [i, c, b, shape, a]),
    );
    const folder = await workFolder({
      't.csv': csv('shape,a,b,c', rows),
      'turned.csv': turned,
      'short.csv': 'shape,b\nup,1\n',
    });
    const [data, out] = [join(folder, 't.csv'), join(folder, 'out')];
    const options = { ...small, task: 'classify', label: 'shape', data };
    const whole = await train({ layers: [{ ...options, out: join(folder, 'whole') }] });
    const half = await train({ layers: [{ ...options, out }], stopAt: 10 });
    half.model.backend.dispose();
    const { options: kept } = JSON.parse(await readFile(join(out, 'examples.json'), 'utf8'));
    expect(kept).toMatchObject({ kind: 'table', columns: ['a', 'b', 'c'], text: false });
    const valuesOf = async (file: string) => (await predictionsOf(out, join(folder, file))).map(({ values }) => values);
    expect(await valuesOf('turned.csv')).toEqual(await valuesOf('t.csv'));
    const read = async (file: string) => (await openSaved(out, join(folder, file))).opened.all.read(3);
    expect(await read('turned.csv')).toEqual(await read('t.csv'));
    const message = 'short.csv has no column "a" or "c", expected one of "shape", "b".';
    await expect(openSaved(out, join(folder, 'short.csv'))).rejects.toThrow(message);
    await writeFile(data, turned);
    expect((await resume(out)).evaluation).toEqual(whole.evaluation);
    whole.model.backend.dispose();
  });

  it('learns from clips, says what it found, and keeps speakers apart', async () => {
    const { folder, options } = await setOf('clips, by names');
    const out = join(folder, 'out');
    const result = await train({ layers: [{ ...options, out, maxIters: 60, learningRate: 1e-2 }] });
    result.model.backend.dispose();
    expect(result.task).toBe('classify');
    expect(result.evaluation).toMatchObject({ accuracy: 1 });
    const { classes, options: kept } = JSON.parse(await readFile(join(out, 'examples.json'), 'utf8'));
    expect(classes).toEqual(['high', 'low']);
    expect(kept).toMatchObject({ kind: 'clips', sampleRate: 8000 });
    const [one] = await predictionsOf(out, join(options.data, 'high_bob_3.wav'));
    expect(one).toMatchObject({ title: join(options.data, 'high_bob_3.wav'), class: 'high' });
    // A clip whose name says nothing.
    await writeFile(join(folder, 'x.wav'), await readFile(join(options.data, 'low_ann_0.wav')));
    expect((await predictionsOf(out, join(folder, 'x.wav')))[0].class).toBe('low');
  });

  it('forecasts a series in its own units, from its last rows', async () => {
    const rows = rowsOf(200, (i) => [1000 + 50 * Math.sin(i / 2)]);
    const folder = await workFolder({ 's.csv': csv('y', rows) });
    const out = join(folder, 'out');
    const options = { ...small, data: join(folder, 's.csv'), out, task: 'regress', horizon: 3, maxIters: 200 };
    const result = await train({
      layers: [{ ...options, model: 's4d', learningRate: 1e-2, batchSize: 8, evalEvery: 100 }],
    });
    result.model.backend.dispose();
    const [one, ...others] = await predictionsOf(out, options.data);
    expect(others).toEqual([]);
    expect(Object.keys(one.values)).toEqual(['y+1', 'y+2', 'y+3']);
    Object.values(one.values).forEach((value, k) => {
      expect(Math.abs(value - (1000 + 50 * Math.sin((200 + k) / 2)))).toBeLessThan(15);
    });
    expect(result.evaluation).toHaveProperty('meanAbsoluteError');
  });

  it('measures as one would by hand', async () => {
    const model = await createSequenceModel({ dModel: 8, nLayer: 1, dInput: 1, nClasses: 3 }, { backend: anyBackend });
    const rows = [[1, 2], [3], [-1, 0, 2]].map((row) => Float32Array.from(row));
    const data = memoryExamples(
      rows.map((sequence, i) => ({ sequence, label: i })),
      { name: 'three' },
    );
    const got = await evaluateSequence(model, data, { batchSize: 2 });
    const losses = rows.map((row, i) => model.loss([row], [i]).read()[0]);
    expect(got.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 3, 5);
    const right = rows.filter((row, i) => {
      const outputs = model.forward([row]).outputs.read();
      return outputs.indexOf(Math.max(...outputs)) === i;
    });
    expect(got.accuracy).toBeCloseTo(right.length / 3, 6);
  });

  it('reads sound as tokens of a language model', async () => {
    const { folder, options } = await setOf('clips, by names');
    const { tokenizer, model, evaluation } = await run({
      data: options.data,
      out: join(folder, 'out'),
      tokenizer: 'muLaw',
    });
    expect([tokenizer.kind, model.config.vocabSize]).toEqual(['muLaw', 256]);
    expect(evaluation.bytes).toBe(evaluation.tokens);
    expect((await resume(join(folder, 'out'), {}, { stopAt: 20 })).iter).toBe(20);
    expect(() => tokenizer.encode('la')).toThrow('muLawTokenizer: its tokens are samples of sound, not of text.');
  });

  it.each([
    ['a table, a row a sequence', { label: '' }, 'is a table, expected the column of the class by --label NAME.'],
    ['a table, a row a sequence', { label: 'form' }, 'has no column "form", expected one of "shape", "a"'],
    [
      'a table, a row a sequence',
      { output: 'step' },
      'has one sequence a row, expected several rows for outputs by step',
    ],
    ['a table, a row a sequence', { carryState: true }, 'Trainer: carryState is true, expected false for examples'],
    ['a table, a row a sequence', { task: 'classfy' }, `train: task is "classfy", expected 'language' or 'classify'`],
    ['a table, a row a sequence', { pooling: 'sum' }, `config: pooling is "sum", expected 'mean' or 'last' or 'max'.`],
    [
      'a table, a row a sequence',
      { task: 'language', pooling: 'max' },
      'train: pooling is for --task classify or regress.',
    ],
    ['a table, a value a sequence', { targets: '' }, 'train: targets is missing, expected the columns to predict'],
    ['a series, the next rows at each step', { columns: 't,q' }, 'has no column "q"'],
    ['a series, the next rows at each step', { targets: 't' }, 'has no column "t", expected some of y, z.'],
    ['clips, by names', { task: 'regress' }, 'has no numbers to give for a sequence, expected CSV for --task regress.'],
    ['clips, by names', { output: 'step' }, 'has one label a sequence, expected CSV (--sequence)'],
    ['clips, by names', { group: 'speaker' }, 'data: group is "speaker", but'],
    ['clips, by names', { label: 'kind' }, 'data: label is "kind", expected a pattern for WAV files'],
    ['clips, by names', { label: '(?<label>' }, 'data: label "(?<label>" is no pattern'],
    [
      'texts in a JSONL file',
      { label: 'class' },
      'has no label, expected the key "class". Say where it is with --label.',
    ],
  ])('of %s is refused with %j', async (name, wrong, message) => {
    const { folder, options } = await setOf(name);
    const result = train({ layers: [{ ...options, out: join(folder, 'out'), ...wrong }] });
    await expect(result).rejects.toThrow(message);
  });

  it('refuses data of another kind than the model', async () => {
    const model = await createSequenceModel({ dModel: 8, nLayer: 1, dInput: 1, nClasses: 3 }, { backend: anyBackend });
    const tokens = { name: 't', length: 9, vocabSize: 4, read: () => new Int32Array(), close: async () => {} };
    expect(() => new Trainer(model, tokens)).toThrow('Trainer: got a store of tokens for a SequenceModel, expected');
    const data = memoryExamples([{ sequence: Float32Array.of(1), targets: Float32Array.of(1) }], { name: 'one' });
    await expect(evaluateSequence(model, data, { batchSize: 1 })).rejects.toThrow(
      'data: one has no labels, expected them',
    );
  });
});
