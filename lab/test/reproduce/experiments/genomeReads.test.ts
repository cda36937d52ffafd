import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createModel } from '../../../../packages/core/src/models/registered.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { reverseComplement } from '../../../../packages/core/src/tokenize/dna.ts';
import { anyBackend } from '../../../../test/support/backends.ts';
import { type RunContext, Stopped } from '../../../src/reproduce/experiment.ts';
import { ReadSampler, readsTask } from '../../../src/reproduce/experiments/genome/reads.ts';
import { learn } from '../../../src/reproduce/parts/learn.ts';

const random = new Random(5);
const bases = Int32Array.from({ length: 500 }, () => random.int(4));
const options = { batchSize: 3, blockSize: 8, longest: 64 };
const text = (ids: Int32Array) => ids.join('');

describe('reads of a genome', () => {
  it('continue from block to block on one strand, until another read begins', () => {
    const sampler = new ReadSampler(bases, options, new Random(1));
    const strands = [text(bases), text(reverseComplement(bases))];
    const reads = new Map<string, string>();
    for (let i = 0; i < 60; i++) {
      const { tokens, targets, documents, B, L } = sampler.next();
      expect([B, L]).toEqual([3, 8]);
      for (let b = 0; b < B; b++) {
        const [row, next] = [tokens, targets].map((table) => table.subarray(b * L, (b + 1) * L));
        expect(text(next.subarray(0, L - 1))).toBe(text(row.subarray(1)));
        const ids = new Set(documents.subarray(b * L, (b + 1) * L));
        expect(ids.size).toBe(1);
        const key = `${b}:${[...ids][0]}`;
        const before = reads.get(key);
        // What was the last target is the first token of the next block.
        if (before) expect(before.at(-1)).toBe(String(row[0]));
        reads.set(key, (before ?? String(row[0])) + text(next));
      }
    }
    const whole = [...reads.values()];
    for (const read of whole) expect(strands.some((strand) => strand.includes(read))).toBe(true);
    const long = whole.filter((read) => read.length > 16);
    expect(long.some((read) => strands[0].includes(read))).toBe(true);
    expect(long.some((read) => strands[1].includes(read))).toBe(true);
    const blocks = new Set(whole.map((read) => (read.length - 1) / 8));
    expect([1, 2, 4, 8].every((length) => blocks.has(length))).toBe(true);
    expect(Math.max(...blocks)).toBe(8);
  });

  it('resume from a saved state', () => {
    const [one, other] = [1, 2].map((seed) => new ReadSampler(bases, options, new Random(seed)));
    for (let i = 0; i < 5; i++) one.next();
    other.restore(JSON.parse(JSON.stringify(one.state())));
    for (let i = 0; i < 20; i++) expect(other.next()).toEqual(one.next());
  });

  it('are refused where the longest does not fit', () => {
    for (const longest of [4, 500]) {
      expect(() => new ReadSampler(bases, { ...options, longest }, new Random(1))).toThrow(
        `the longest read is ${longest}, expected from blockSize = 8 to below the 500 bases`,
      );
    }
  });

  it('train a stopped and resumed model bit-exact', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reads-'));
    const course = async (name: string, signal: AbortSignal, progress = () => {}) => {
      const model = await createModel(
        { model: 'mamba', vocabSize: 5, dModel: 8, nLayer: 1 },
        { backend: anyBackend, seed: 3 },
      );
      const context: RunContext = { backend: anyBackend, folder, signal, progress, data: async (file) => file };
      const data = readsTask(model, bases, 64);
      const updates = { ...options, maxIters: 12, carryState: true };
      const { longest: _, ...rest } = updates;
      const learned = await learn(context, { model, data, options: rest, name, evalEvery: 4 });
      return { curve: learned.curve, weights: Object.values(model.parameters).map((one) => Array.from(one.read())) };
    };
    const never = new AbortController().signal;
    const want = await course('whole', never);
    const stop = new AbortController();
    let updates = 0;
    const half = course('parts', stop.signal, () => {
      updates++;
      if (updates === 5) stop.abort();
    });
    await expect(half).rejects.toThrow(Stopped);
    expect(await course('parts', never)).toEqual(want);
    await rm(folder, { recursive: true });
  });
});
