/** The training loop: its events in order, what ends it, and what its checkpoints hold. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { textData } from '../../src/data/index.ts';
import { createModel } from '../../src/models/registered.ts';
import { byteTokenizer } from '../../src/tokenize/index.ts';
import { isFinished, type TrainingPlan, training } from '../../src/train/loop.ts';
import { RunFolder } from '../../src/train/runFolder.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { play, workFolder } from './runs.ts';

const data = await textData(play, byteTokenizer());

async function begin(more: object = {}) {
  const folder = await RunFolder.open(join(await workFolder(), 'run'));
  onTestFinished(() => folder.close());
  const model = await createModel({ vocabSize: 256, dModel: 8, nLayer: 1 }, { backend: anyBackend, seed: 1 });
  const trainer = new Trainer(model, data, { batchSize: 1, blockSize: 8, maxIters: 6, ...more });
  onTestFinished(() => trainer.dispose());
  return { folder, trainer };
}

/** What happened, in short: s1 a step, e2 an evaluation, c3 a checkpoint. */
async function eventsOf<E extends object>(
  trainer: Trainer,
  plan: TrainingPlan<E>,
  at: Record<string, () => void> = {},
) {
  const names = { step: 's', evaluation: 'e', saved: 'c' };
  const seen: string[] = [];
  for await (const event of training(trainer, plan)) {
    const name = `${names[event.kind]}${event.iter}`;
    seen.push(name);
    at[name]?.();
  }
  return seen.join(' ');
}

const checkpoints = async ({ path }: RunFolder) =>
  (await readdir(path)).filter((name) => name.startsWith('training-')).join();

it('steps, evaluates and saves in this order', async () => {
  const { folder, trainer } = await begin();
  const plan = { folder, evaluate: () => ({}), evaluateEvery: 2, saveEvery: 3 };
  expect(await eventsOf(trainer, plan)).toBe('s1 s2 e2 s3 c3 s4 e4 s5 s6 e6 c6');
  expect(isFinished(trainer)).toBe(true);
  expect(await eventsOf(trainer, plan), 'nothing is left to do').toBe('');
  expect(await checkpoints(folder)).toBe('training-6.safetensors');
});

it('evaluates the last update, and saves at the end alone if nothing else is requested', async () => {
  const { folder, trainer } = await begin();
  expect(await eventsOf(trainer, { folder, evaluate: () => ({}), evaluateEvery: 4 })).toBe(
    's1 s2 s3 s4 e4 s5 s6 e6 c6',
  );
  const other = await begin();
  expect(await eventsOf(other.trainer, { folder: other.folder, evaluateEvery: 2 })).toBe('s1 s2 s3 s4 s5 s6 c6');
});

it('stops at an update, by a signal and after a time, and continues from there', async () => {
  const { folder, trainer } = await begin();
  const plan = { folder, evaluate: () => ({}), evaluateEvery: 4 };
  expect(await eventsOf(trainer, { ...plan, stopAt: 2 })).toBe('s1 s2 c2');
  const abort = new AbortController();
  const { signal } = abort;
  expect(await eventsOf(trainer, { ...plan, signal }, { s3: () => abort.abort() })).toBe('s3 c3');
  expect(await eventsOf(trainer, { ...plan, signal })).toBe('');
  expect(await eventsOf(trainer, { ...plan, seconds: 0 })).toBe('');
  expect(await eventsOf(trainer, { ...plan, evaluateAtStop: true, stopAt: 5 })).toBe('s4 e4 s5 e5 c5');
  expect(isFinished(trainer)).toBe(false);
  expect(await eventsOf(trainer, plan)).toBe('s6 e6 c6');
});

it('ends where it is solved, and saves by the clock', async () => {
  const { folder, trainer } = await begin();
  let solved = false;
  const plan = {
    folder,
    evaluate: () => ({}),
    evaluateEvery: 2,
    saveSeconds: 0,
    isSolved: () => solved,
    notes: () => ({ solved }),
  };
  const seen = await eventsOf(trainer, plan, {
    e4: () => {
      solved = true;
    },
  });
  expect(seen).toBe('s1 c1 s2 e2 c2 s3 c3 s4 e4 c4');
  expect((await folder.restore(trainer)).notes, 'a checkpoint has the notes of the evaluation before').toEqual({
    solved: true,
  });
});

it('keeps the weights of the lowest loss, and its value', async () => {
  const { folder, trainer } = await begin();
  const losses = [3, 2, 5];
  const evaluate = () => ({ loss: losses.shift() as number });
  const plan = { folder, evaluate, evaluateEvery: 2, best: { files: { 'tokenizer.json': { type: 'x' } } } };
  const best: boolean[] = [];
  for await (const event of training(trainer, plan)) if (event.kind === 'evaluation') best.push(event.best);
  expect(best).toEqual([true, true, false]);
  expect((await readdir(folder.file('best'))).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  expect((await readFile(join(folder.file('best'), 'model.safetensors'))).toString('latin1')).toContain('"iter":"4"');
  expect(await folder.restore(trainer)).toEqual({ bestLoss: 2 });
});

it('saves again where only the best loss is new', async () => {
  const { folder, trainer } = await begin();
  const plan = { folder, evaluate: () => ({ loss: 1 }), evaluateEvery: 4, saveEvery: 2, best: { files: {} } };
  expect(await eventsOf(trainer, { ...plan, evaluateAtStop: true, stopAt: 2 })).toBe('s1 s2 c2 e2 c2');
  expect(await folder.restore(trainer)).toEqual({ bestLoss: 1 });
});

it('logs what it reports', async () => {
  const { folder, trainer } = await begin({ maxIters: 3 });
  await eventsOf(trainer, { folder, evaluate: () => ({ loss: 2, words: 7 }), evaluateEvery: 3, logEvery: 2 });
  const lines = (await readFile(folder.file('log.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { kind: 'step', iter: 1, done: 1 / 3 },
    { kind: 'step', iter: 2, done: 2 / 3 },
    { kind: 'evaluation', iter: 3, loss: 2, words: 7, best: true },
  ]);
});

it('gives timers their turn', async () => {
  const { folder, trainer } = await begin();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 0);
  await eventsOf(trainer, { folder, evaluateEvery: 100, signal: abort.signal });
  expect(trainer.iter).toBeLessThan(6);
});

it('ends with the error of what it calls', async () => {
  const { folder, trainer } = await begin();
  const evaluate = () => Promise.reject(new Error('no data'));
  await expect(eventsOf(trainer, { folder, evaluate, evaluateEvery: 1 })).rejects.toThrow('no data');
  expect(await checkpoints(folder)).toBe('');
});
