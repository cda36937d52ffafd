/** What training and evaluation of a sequence model refuse, and what they do without. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { type Example, memoryExamples } from '../../src/data/index.ts';
import { createSequenceModel, sequenceConfigOf } from '../../src/models/registered.ts';
import { evaluateSequence } from '../../src/train/evaluateSequence.ts';
import { predict } from '../../src/train/predict.ts';
import { train } from '../../src/train/run.ts';
import { openSaved } from '../../src/train/savedExamples.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { resume, small, workFolder } from './runs.ts';

const tiny = { model: 's4d', dModel: 4, nLayer: 1, dInput: 1 };
const make = (more: object) =>
  createSequenceModel(sequenceConfigOf({ ...tiny, ...more }), { backend: anyBackend, seed: 1 });
const toy = (output: 'sequence' | 'step', ...examples: Omit<Example, 'sequence'>[]) =>
  memoryExamples(
    examples.map((one) => ({ sequence: Float32Array.of(1, 2), ...one })),
    { name: 'toy', output },
  );

const waveTable = `y\n${Array.from({ length: 60 }, (_, i) => Math.sin(i / 3)).join('\n')}\n`;

it('reads no series in both directions: the answers are behind each step', async () => {
  const folder = await workFolder({ 's.csv': waveTable });
  const options = { ...small, task: 'regress', data: join(folder, 's.csv'), out: join(folder, 'run') };
  await expect(train({ layers: [{ ...options, bidirectional: 'add' }] })).rejects.toThrow(
    `train: bidirectional is "add", expected 'none' for a series: the model forecasts the next rows`,
  );
  // A row a sequence: its target is in no other step.
  const rows = await workFolder({ 't.csv': `a,b,sum\n${'1,2,3\n4,5,9\n7,1,8\n'.repeat(8)}` });
  const more = { data: join(rows, 't.csv'), output: 'sequence', targets: 'sum', bidirectional: 'add', maxIters: 1 };
  const { model } = await train({ layers: [{ ...options, ...more }] });
  model.backend.dispose();
});

it('evaluates no label that the model has no class for, and no other count of targets', async () => {
  const classes = await make({ nClasses: 3 });
  const evaluate = (model: typeof classes, data: ReturnType<typeof toy>) =>
    evaluateSequence(model, data, { batchSize: 2 });
  expect((await evaluate(classes, toy('sequence', { label: 2 }, { label: 0 }))).compared).toBe(2);
  await expect(evaluate(classes, toy('sequence', { label: 0 }, { label: 3 }))).rejects.toThrow(
    'evaluate: toy, 1 has the label 3, expected below 3, the number of classes of the model.',
  );
  const steps = await make({ nClasses: 3, output: 'step' });
  await expect(evaluate(steps, toy('step', { labels: Int32Array.of(-1, 4) }))).rejects.toThrow(
    'toy, 0 has the label 4',
  );
  await expect(evaluate(steps, toy('sequence', { label: 1 }))).rejects.toThrow(
    'loss: 1 targets, expected 2, 1 for each',
  );
  const values = await make({ nTargets: 2 });
  await expect(evaluate(values, toy('sequence', { targets: Float32Array.of(1) }))).rejects.toThrow(
    'loss: 1 targets, expected 2, 2 for each row.',
  );
});

const sparse: [string, object, 'sequence' | 'step', (there: boolean) => Omit<Example, 'sequence'>][] = [
  [
    'labels',
    { nClasses: 2, output: 'step' },
    'step',
    (there: boolean) => ({ labels: Int32Array.of(there ? 1 : -1, -1) }),
  ],
  ['values', { nTargets: 1 }, 'sequence', (there: boolean) => ({ targets: Float32Array.of(there ? 1 : Number.NaN) })],
];

it.each(sparse)('leaves batches without %s out, and refuses data that has none', async (_, config, output, targets) => {
  const data = (...there: boolean[]) => toy(output, ...there.map(targets));
  const options = { batchSize: 1, learningRate: 0.05, minLearningRate: 0.05, warmupIters: 0, maxIters: 30 };
  const store = data(false, false, true, false);
  const trainer = new Trainer(await make(config), store, options);
  const losses: number[] = [];
  for (let i = 0; i < 8; i++) losses.push((await trainer.step()).loss);
  expect(losses[7]).toBeLessThan(losses[0]);
  // It continues after the batches that were skipped.
  const again = new Trainer(await make(config), store, options);
  for (let i = 0; i < 4; i++) await again.step();
  again.restore(JSON.parse(JSON.stringify(again.state())));
  for (let i = 4; i < 8; i++) expect((await again.step()).loss).toBe(losses[i]);
  const measured = await evaluateSequence(trainer.model, store, { batchSize: 1, batches: 1 });
  expect(measured.compared, 'an evaluation reads on to what counts').toBe(1);
  const none = new Trainer(await make(config), data(false, false), options);
  await expect(none.step()).rejects.toThrow('data: every label or target of toy is missing, expected at least one');
  for (const one of [trainer, again, none]) one.dispose();
});

it('says what is wrong in an examples.json, before it reads data', async () => {
  const folder = await workFolder({ 's.csv': waveTable });
  const [data, out] = [join(folder, 's.csv'), join(folder, 'run')];
  const { model } = await train({ layers: [{ ...small, task: 'regress', data, out, maxIters: 2 }], stopAt: 1 });
  const path = join(out, 'examples.json');
  const facts = JSON.parse(await readFile(path, 'utf8'));
  const { options, scaling } = facts;
  const all = { ...scaling.inputs, deviation: [] };
  const wrong: [object, string][] = [
    [{}, 'options is missing, expected how the data was read.'],
    [[], 'options is missing'],
    [{ ...facts, options: { ...options, task: 'sort' } }, `options.task is "sort", expected 'classify' or 'regress'.`],
    [{ ...facts, options: { ...options, blockSize: '9' } }, 'options.blockSize is "9", expected a whole number.'],
    [{ ...facts, scaling: undefined }, 'scaling is missing, expected the scale of the data.'],
    [{ ...facts, scaling: { ...scaling, inputs: all } }, 'scaling.inputs is'],
    [{ ...facts, values: undefined }, 'values is missing, expected a list of names.'],
    [{ ...facts, options: { ...options, task: 'classify' } }, 'classes is missing, expected a list of names.'],
  ];
  for (const [content, message] of wrong) {
    await writeFile(path, JSON.stringify(content));
    await expect(openSaved(out, data)).rejects.toThrow(`${path}: ${message}`);
  }
  await expect(predict(model as never, out, data).next()).rejects.toThrow(path);
  await expect(resume(out)).rejects.toThrow(path);
  await writeFile(path, JSON.stringify(facts));
  expect((await resume(out)).iter).toBe(2);
  model.backend.dispose();
});

it('forecasts from one row, and from a last row behind a gap', async () => {
  const folder = await workFolder({ 's.csv': waveTable, 'one.csv': 'y\n0.5\n', 'gap.csv': 'y\n1\nNA\n0.5\n' });
  const [data, out] = [join(folder, 's.csv'), join(folder, 'run')];
  const { model } = await train({ layers: [{ ...small, task: 'regress', data, out, maxIters: 1 }] });
  const forecast = async (name: string) => (await predict(model as never, out, join(folder, name)).next()).value;
  const { values } = await forecast('one.csv');
  expect(values['y+1']).toSatisfy(Number.isFinite);
  expect((await forecast('gap.csv')).values).toEqual(values);
  const { opened } = await openSaved(out, join(folder, 'one.csv'));
  expect(() => opened.all).toThrow('has no two rows on end without a missing value');
  model.backend.dispose();
});
