import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../../packages/core/src/models/languageModel.ts';
import { createModel } from '../../../../packages/core/src/models/registered.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { openBackend } from '../../../../packages/core/src/tensor/backend.ts';
import { Stopped } from '../../../src/reproduce/experiment.ts';
import { recallTest } from '../../../src/reproduce/experiments/inductionHeads/recallTest.ts';
import { inductionRows, SPECIAL } from '../../../src/tasks/inductionHeads.ts';

const backend = await openBackend('wasm', { threads: 1 });
const untrained = await createModel({ vocabSize: 3, dModel: 16, nLayer: 1, dState: 4 }, { backend, seed: 4 });

const contextOf = async (signal = new AbortController().signal) => {
  const seen: number[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'recall-'));
  return {
    seen,
    context: { backend, folder, signal, progress: (done: number) => seen.push(done), data: async () => '' },
  };
};
const options = { longest: 256, vocab: 3, rows: 10, rowsPerCall: 4, stepsPerCall: 50, progressFrom: 0.5 };
const random = () => new Random(9);

/** Whole rows, read in one call: the truth. */
function truth(model: LanguageModel, length: number): number {
  let right = 0;
  for (let done = 0; done < 10; done += 4) {
    const B = Math.min(4, 10 - done);
    const { answers, read } = inductionRows(random().fork(`${done}`), { B, length: 64, vocab: 3 });
    // The noise of a row is drawn by pieces, so these must be the same.
    const rows: number[][] = Array.from({ length: B }, () => []);
    for (let at = 0; at < length - 1; ) {
      const next = [64, 128, 256].find((n) => n - 1 > at) as number;
      const piece = read(Math.min(50, next - 1 - at));
      for (let b = 0; b < B; b++) rows[b].push(...piece.tokens.subarray(b * piece.L, (b + 1) * piece.L));
      at += piece.L;
    }
    const logits = model
      .forward(
        rows.map((row) => [...row, SPECIAL]),
        { logits: 'last' },
      )
      .logits.read();
    for (let b = 0; b < B; b++) {
      const row = [...logits.subarray(b * 8, (b + 1) * 8)];
      if (row.indexOf(Math.max(...row)) === answers[b]) right++;
    }
  }
  return right / 10;
}

describe('recallTest', () => {
  it('asks at every power of two, as if each row ended there', async () => {
    const { context, seen } = await contextOf();
    const found = await recallTest(context, untrained, { ...options, random: random() });
    expect(found.lengths).toEqual([64, 128, 256].slice(0, found.lengths.length));
    expect(found.lengths.length).toBeGreaterThan(1);
    expect(found.accuracy).toEqual(found.lengths.map((n) => truth(untrained, n)));
    expect(found.stateBytes[0]).toBe(found.stateBytes[1]);
    expect(found.memory[1]).toBeGreaterThanOrEqual(found.memory[0]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[0]).toBeGreaterThan(0.5);
  });

  it('stops at its signal', async () => {
    const abort = new AbortController();
    abort.abort();
    const { context } = await contextOf(abort.signal);
    await expect(recallTest(context, untrained, { ...options, random: random() })).rejects.toThrow(Stopped);
  });
});
