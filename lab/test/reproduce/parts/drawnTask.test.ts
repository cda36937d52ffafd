import { describe, expect, it } from 'vitest';
import { createModel } from '../../../../packages/core/src/models/registered.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { openBackend } from '../../../../packages/core/src/tensor/backend.ts';
import { Trainer } from '../../../../packages/core/src/train/trainer.ts';
import { accuracy, Curriculum, drawnTokenTask, inBatches } from '../../../src/reproduce/parts/drawnTask.ts';
import { runningSums } from '../../../src/tasks/parity.ts';
import type { TokenBatch } from '../../../src/tasks/tokens.ts';

const backend = await openBackend('wasm', { threads: 1 });
const model = await createModel({ vocabSize: 3, dModel: 8, nLayer: 1, dState: 4 }, { backend, seed: 1 });
const { options } = new Trainer(
  model,
  drawnTokenTask(model, (random) => runningSums(random, { B: 1, digits: 2, k: 2 })),
);

describe('a task of drawn rows', () => {
  it('resumes from its state with the same rows', async () => {
    const record = (seen: TokenBatch[]) => {
      const curriculum = new Curriculum(2, 40, 1.5);
      const draw = (random: Random, update: number) => {
        const batch = runningSums(random, { B: update, digits: curriculum.length, k: 2 });
        seen.push(batch);
        return batch;
      };
      return {
        curriculum,
        task: drawnTokenTask(model, draw, curriculum)(options, new Random(5).fork('batches'), model),
      };
    };
    const whole: TokenBatch[] = [];
    const first = record(whole);
    let saved: unknown;
    for (let i = 0; i < 6; i++) {
      if (i === 3) saved = JSON.parse(JSON.stringify(first.task.state()));
      expect((await first.task.next()).steps).toBe((i + 1) * (first.curriculum.length + 1));
      first.curriculum.advance();
    }
    const rest: TokenBatch[] = [];
    const second = record(rest);
    await second.task.next();
    second.task.restore(saved);
    for (let i = 3; i < 6; i++) {
      await second.task.next();
      second.curriculum.advance();
    }
    expect(rest.slice(1)).toEqual(whole.slice(3));
  });
});

it('a curriculum grows by its factor, up to its end', () => {
  const curriculum = new Curriculum(4, 10, 1.5);
  const lengths = Array.from({ length: 4 }, () => {
    curriculum.advance();
    return curriculum.length;
  });
  expect(lengths).toEqual([6, 9, 10, 10]);
  expect(new Curriculum(4, 3).length).toBe(3);
  const fresh = new Curriculum(4, 10);
  expect([1, 50, 51].map((update) => fresh.lengthAt(update, 100))).toEqual([4, 4, 10]);
});

it('accuracy is the part of right answers over all batches', () => {
  const batch = runningSums(new Random(3), { B: 4, digits: 6, k: 2 });
  const logits = model.forward(batch).logits.read();
  const answer = (i: number) => [0, 1, 2].reduce((best, v) => (logits[i * 8 + v] > logits[i * 8 + best] ? v : best), 0);
  const right = Int32Array.from(batch.targets, (target, i) => (target < 0 ? -1 : answer(i)));
  expect(accuracy(model, [{ ...batch, targets: right }])).toBe(1);
  const wrong = right.map((one, i) => (i % 7 === 3 ? (one + 1) % 3 : one));
  expect(
    accuracy(model, [
      { ...batch, targets: wrong },
      { ...batch, targets: right },
    ]),
  ).toBeCloseTo(44 / 48, 12);
});

it('splits rows into batches', () => {
  const sizes: number[] = [];
  for (const { B } of inBatches(7, 3, (B) => runningSums(new Random(1), { B, digits: 1, k: 2 }))) sizes.push(B);
  expect(sizes).toEqual([3, 3, 1]);
});
