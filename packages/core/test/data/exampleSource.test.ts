/** Examples from a path: what is found, how it is split, scaled and cut. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Example,
  type ExampleOptions,
  ExampleSampler,
  type ExampleStore,
  measureScaling,
  memoryExamples,
  openExamples,
  scaled,
  unscaled,
} from '../../src/data/index.ts';
import { encodeWav } from '../../src/formats/index.ts';
import { byteTokenizer, dnaTokenizer, muLawTokenizer } from '../../src/tokenize/index.ts';
import { folderOf } from './folder.ts';

const plain: ExampleOptions = { task: 'classify', output: 'sequence', tokenizer: byteTokenizer(), blockSize: 4 };
const open = (path: string, more: Partial<ExampleOptions> = {}) => openExamples(path, { ...plain, ...more });
const all = (store: ExampleStore): Promise<Example[]> =>
  Promise.all(Array.from({ length: store.length }, (_, i) => store.read(i)));
const labelsOf = async (store: ExampleStore) =>
  (await all(store)).map(({ label }) => (label === undefined ? undefined : store.classes?.[label]));
const wav = (length: number, sampleRate = 8000) => encodeWav(new Float32Array(length).fill(0.5), { sampleRate });
const tick = (count: number) => Array.from({ length: count }, (_, i) => i);

it('finds classes in folders, in names, and by a pattern', async () => {
  const folders = await folderOf({ 'cat/a.wav': wav(3), 'cat/b.wav': wav(5), 'dog/deep/a.wav': wav(4) });
  const inFolders = (await open(folders)).all;
  expect(await labelsOf(inFolders)).toEqual(['cat', 'cat', 'dog']);
  const named = await folderOf({ '1_ann_0.wav': wav(3), '2_bob_0.wav': wav(3), '2_ann_x.wav': wav(3) });
  const byName = (await open(named)).all;
  expect(await labelsOf(byName)).toEqual(['1', '2', '2']);
  expect(tick(3).map((i) => byName.group(i))).toEqual(['ann', 'ann', 'bob']);
  expect(byName.title?.(0)).toBe(join(named, '1_ann_0.wav'));
  const bySpeaker = await open(named, { label: '\\d_(?<label>[a-z]+)' });
  expect(bySpeaker.all.classes).toEqual(['ann', 'bob']);
  expect(bySpeaker.all.group(0)).toBeUndefined();
  const texts = await folderOf({ 'good/1.txt': 'fine', 'bad/1.txt': 'no', 'bad/2.txt': 'bah' });
  expect(await labelsOf((await open(texts)).all)).toEqual(['bad', 'bad', 'good']);
  const files = await folderOf({ 'gene.fasta': '>a\nACG\n>b\nTT\n', 'other.fasta': '>c\nGGG\n' });
  const bases = (await open(files, { tokenizer: dnaTokenizer() })).all;
  expect(await labelsOf(bases)).toEqual(['gene', 'gene', 'other']);
  expect((await all(bases)).map(({ sequence }) => [...sequence])).toEqual([
    [0, 1, 2],
    [3, 3],
    [2, 2, 2],
  ]);
});

it('keeps the classes of a model, cuts what is long, and makes tokens of sound', async () => {
  const folder = await folderOf({ '1_a.wav': wav(9), '3_a.wav': wav(2) });
  const store = (await open(folder, { classes: ['0', '1', '3'], cutTo: 4 })).all;
  expect(await labelsOf(store)).toEqual(['1', '3']);
  await expect(open(folder, { classes: ['1', '2'] })).rejects.toThrow(
    '3_a.wav has the class "3", expected "1" or "2".',
  );
  expect(await labelsOf((await open(join(folder, '3_a.wav'), { classes: ['1', '3'] })).all)).toEqual(['3']);
  await expect(open(join(folder, '3_a.wav'), { classes: ['1', '2'] })).rejects.toThrow(
    '3_a.wav has the class "3", expected "1" or "2".',
  );
  await expect(open(join(folder, '1_a.wav'), { kind: 'text' })).rejects.toThrow(
    '1_a.wav is read as WAV, but the model was trained on text, expected .txt',
  );
  const toPredict = (await open(folder, { classes: ['1', '2'], open: true })).all;
  expect(await labelsOf(toPredict)).toEqual([undefined, undefined]);
  expect((await all(store)).map(({ sequence }) => sequence.length)).toEqual([4, 2]);
  const [first] = await all((await open(folder, { tokenizer: muLawTokenizer() })).all);
  expect(first.sequence).toBeInstanceOf(Int32Array);
});

it('reads tables by rows, by sequences and step by step', async () => {
  const rows = 'id,who,x,y,kind\n1,a,1,2,p\n1,a,3,4,p\n2,b,5,6,q\n';
  const path = join(await folderOf({ 't.csv': rows }), 't.csv');
  const byId = (await open(path, { label: 'kind', sequence: 'id', group: 'who' })).all;
  expect(byId.features).toBe(2);
  expect((await all(byId)).map(({ sequence, label }) => [[...sequence], label])).toEqual([
    [[1, 2, 3, 4], 0],
    [[5, 6], 1],
  ]);
  expect([byId.group(0), byId.group(1), byId.title?.(1)]).toEqual(['a', 'b', '2']);
  const byStep = (await open(path, { label: 'kind', sequence: 'id', columns: ['y'], output: 'step' })).all;
  expect(await all(byStep)).toEqual([
    { sequence: Float32Array.of(2, 4), labels: Int32Array.of(0, 0) },
    { sequence: Float32Array.of(6), labels: Int32Array.of(1) },
  ]);
  const regress = { task: 'regress', targets: ['y'], sequence: 'id', columns: ['x'] } as const;
  const whole = (await open(path, { ...regress, targets: ['id'] })).all;
  expect((await all(whole)).map(({ targets }) => [...(targets ?? [])])).toEqual([[1], [2]]);
  const ofSteps = (await open(path, { ...regress, output: 'step' })).all;
  const batch = await new ExampleSampler(ofSteps, { mode: 'sequential', batchSize: 2 }).next();
  expect([...(batch.targets ?? [])]).toEqual([2, 4, 6, Number.NaN]);
  const text = join(await folderOf({ 't.csv': 'kind,text\nx,"say, what"\ny,no\n' }), 't.csv');
  const [say] = await all((await open(text, { label: 'kind' })).all);
  expect(byteTokenizer().decode([...say.sequence])).toBe('say, what');
});

it('reads more data by the names of the columns, as text or as numbers', async () => {
  const folder = await folderOf({
    't.csv': 'kind,x,y\np,1,2\nq,3,4\n',
    'other.csv': 'note,y,id,x\nla,2,7,1\n',
    'short.csv': 'y\n1\n',
    'words.csv': 'kind,words\np,say\n',
    'number.csv': 'words\n12\n',
    'a.csv': 'y,z\n1,2\n3,4\n5,6\n',
    'b.csv': 'z,x,y\n2,0,1\n4,0,3\n',
  });
  const [t, other, short, words, number] = ['t', 'other', 'short', 'words', 'number'].map((n) =>
    join(folder, `${n}.csv`),
  );
  const { found } = await open(t, { label: 'kind' });
  expect(found).toEqual({ kind: 'table', columns: ['x', 'y'], text: false });
  const more = { ...found, label: 'kind', classes: ['p', 'q'], open: true };
  expect((await all((await open(other, more)).all)).map(({ sequence }) => [...sequence])).toEqual([[1, 2]]);
  await expect(open(short, more)).rejects.toThrow('short.csv has no column "x", expected one of "y".');
  const text = await open(words, { label: 'kind' });
  expect(text.found).toEqual({ kind: 'table', columns: ['words'], text: true });
  const [digits] = await all((await open(number, { ...text.found, open: true, classes: ['p'], label: 'kind' })).all);
  expect(byteTokenizer().decode([...digits.sequence])).toBe('12');
  const regress = { task: 'regress', output: 'step' } as const;
  const series = await open(join(folder, 'a.csv'), regress);
  expect(series.found).toEqual({ kind: 'table', columns: ['y', 'z'], targets: ['y', 'z'] });
  const [window] = await all((await open(join(folder, 'b.csv'), { ...regress, ...series.found })).all);
  expect(window).toEqual({ sequence: Float32Array.of(1, 2), targets: Float32Array.of(3, 4) });
});

it('keeps the rate of the clips, to which others are converted', async () => {
  const folder = await folderOf({ '1_a.wav': wav(30), '2_a.wav': wav(40) });
  const lengthsOf = async ({ all: store }: { all: ExampleStore }) =>
    (await all(store)).map(({ sequence }) => sequence.length);
  const opened = await open(folder);
  expect(opened.found).toEqual({ kind: 'clips', sampleRate: 8000 });
  expect(await lengthsOf(opened)).toEqual([30, 40]);
  const faster = await folderOf({ '1_b.wav': wav(60, 16000) });
  expect(await lengthsOf(await open(faster, opened.found))).toEqual([30]);
  const mixed = await folderOf({ '1_a.wav': wav(30), '2_a.wav': wav(80, 16000) });
  await expect(open(mixed)).rejects.toThrow(
    `2_a.wav has 16000 Hz, expected 8000, as ${join(mixed, '1_a.wav')} has. Name the rate`,
  );
  expect(await lengthsOf(await open(mixed, { sampleRate: 4000 }))).toEqual([15, 20]);
});

it('takes from a folder of several kinds the one that the model knows', async () => {
  const folder = await folderOf({ '1_a.wav': wav(3), 'pos/a.txt': 'so', 'neg/a.txt': 'no' });
  expect((await open(folder)).found.kind).toBe('clips');
  expect((await open(folder, { kind: 'text' })).all.classes).toEqual(['neg', 'pos']);
});

it('reads empty labels as none and missing targets as NaN, and both not at all for a prediction', async () => {
  const rows = 'id,x,y,kind\n1,1,NA,\n1,3,4,p\n2,5,,q\n2,6,?,\n';
  const path = join(await folderOf({ 't.csv': rows }), 't.csv');
  const plan = { sequence: 'id', columns: ['x'], label: 'kind' };
  const byStep = (await open(path, { ...plan, output: 'step' })).all;
  expect(byStep.classes).toEqual(['p', 'q']);
  expect((await all(byStep)).map(({ labels }) => [...(labels ?? [])])).toEqual([
    [-1, 0],
    [1, -1],
  ]);
  expect(await labelsOf((await open(path, plan)).all)).toEqual(['p', 'q']);
  const regress = { sequence: 'id', columns: ['x'], targets: ['y'], task: 'regress' } as const;
  const targetsOf = async (output: 'sequence' | 'step') =>
    (await all((await open(path, { ...regress, output })).all)).map(({ targets }) => [...(targets ?? [])]);
  expect(await targetsOf('sequence')).toEqual([[4], [Number.NaN]]);
  expect(await targetsOf('step')).toEqual([
    [Number.NaN, 4],
    [Number.NaN, Number.NaN],
  ]);
  const [toPredict] = await all((await open(path, { ...regress, open: true })).all);
  expect(toPredict).toEqual({ sequence: Float32Array.of(1, 3) });
});

it('leaves what has no target at all out of training and validation', async () => {
  const rows = tick(20).map((i) => `${i},${i % 5 ? '' : i}`);
  const path = join(await folderOf({ 't.csv': `x,y\n${rows.join('\n')}\n` }), 't.csv');
  const opened = await open(path, { task: 'regress', targets: ['y'] });
  const { train, validation } = opened.split(0.5, 1);
  expect([opened.all.length, train.length, validation.length]).toEqual([20, 2, 2]);
  const found = [...(await all(train)), ...(await all(validation))].map(({ targets }) => targets?.[0] ?? -1);
  expect(found.toSorted((a, b) => a - b)).toEqual([0, 5, 10, 15]);
  const none = join(await folderOf({ 't.csv': 'x,y\n1,\n2,NA\n' }), 't.csv');
  await expect(open(none, { task: 'regress', targets: ['y'] })).rejects.toThrow('has no labels or targets that count');
});

it('refuses a horizon that no row of a part reaches', async () => {
  const path = join(await folderOf({ 's.csv': `y\n${tick(20).join('\n')}\n` }), 's.csv');
  const options = { task: 'regress', output: 'step', blockSize: 4 } as const;
  const splitAt = async (horizon: number, fraction: number) =>
    (await open(path, { ...options, horizon })).split(fraction, 1);
  // A window of the 4 rows of a part has a row 3 ahead of its first.
  expect((await splitAt(3, 0.2)).validation.length).toBe(1);
  await expect(splitAt(4, 0.2)).rejects.toThrow(
    's.csv (validation part) has 4 rows, of which none has values 4 rows after it to compare with.',
  );
  await expect(splitAt(4, 0.8)).rejects.toThrow('s.csv (training part) has 4 rows, of which none has values 4 rows');
  const gaps = join(
    await folderOf({
      's.csv': `y\n${tick(20)
        .map((i) => (i % 3 ? i : 'NA'))
        .join('\n')}\n`,
    }),
    's.csv',
  );
  const opened = await open(gaps, { ...options, horizon: 2 });
  expect(() => opened.split(0.5, 1)).toThrow('has 10 rows, of which none has values 2 rows after it');
});

it('scales to mean 0 and deviation 1, column by column, and back', async () => {
  const examples = [
    { sequence: Float32Array.of(1, 5, 3, 5), targets: Float32Array.of(10) },
    { sequence: Float32Array.of(5, 5), targets: Float32Array.of(30) },
  ];
  const store = memoryExamples(examples, { name: 'two', features: 2 });
  const scaling = await measureScaling(store);
  expect(scaling).toEqual({
    inputs: { mean: [3, 5], deviation: [Math.sqrt(8 / 3), 1] },
    targets: { mean: [20], deviation: [10] },
    longest: 2,
  });
  const [first] = await all(scaled(store, scaling));
  expect(first.sequence[0]).toBeCloseTo(-2 / Math.sqrt(8 / 3), 6);
  expect([first.sequence[1], first.targets?.[0]]).toEqual([0, -1]);
  expect([...unscaled(Float32Array.of(-1, 1), scaling)]).toEqual([10, 30]);
});
