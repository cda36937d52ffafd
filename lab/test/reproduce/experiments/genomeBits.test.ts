import { describe, expect, it } from 'vitest';
import { createModel } from '../../../../packages/core/src/models/registered.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { anyBackend } from '../../../../test/support/backends.ts';
import { bitsWithContext, readThrough } from '../../../src/reproduce/experiments/genome/bits.ts';

const random = new Random(8);
const bases = Int32Array.from({ length: 3000 }, () => random.int(4));
const model = await createModel(
  { model: 'mamba', vocabSize: 5, dModel: 8, nLayer: 1 },
  { backend: anyBackend, seed: 3 },
);

/** Bits of the base at `at`, of what is read from `from` on. */
function bitsOf(from: number, at: number): number {
  const read = bases.slice(from, at);
  const { logits } = model.forward({ tokens: read, B: 1, L: read.length }, { logits: 'last' });
  const row = logits.read();
  const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
  return -Math.log2(Math.exp(row[bases[at]]) / sum);
}

describe('bitsWithContext', () => {
  it.each([
    [40, 10],
    [1300, 20],
    [64, 1100],
  ])('scores each base with %i bases before its window of %i', async (context, stride) => {
    const begin = 1400;
    const end = begin + (stride > 1000 ? stride : 10 * stride);
    const bits = await bitsWithContext(model, bases, { begin, end, context, stride });
    expect(bits.length).toBe(end - begin);
    for (const i of [0, 1, stride - 1, stride % bits.length, bits.length - 1]) {
      const window = Math.floor(i / stride);
      expect(bits[i]).toBeCloseTo(bitsOf(begin + window * stride - context, begin + i), 3);
    }
  });

  it('refuses bases without enough context, and windows that are not whole', async () => {
    const at = (scored: object) =>
      bitsWithContext(model, bases, { begin: 100, end: 200, context: 50, stride: 10, ...scored });
    await expect(at({ context: 101 })).rejects.toThrow('expected at least 101 before');
    await expect(at({ stride: 30 })).rejects.toThrow('whole windows within 3000 bases');
    await expect(at({ end: 3010 })).rejects.toThrow('within 3000 bases');
  });
});

describe('readThrough', () => {
  it('reads all in one pass, and leaves no tensor behind', async () => {
    const pass = await readThrough(model, bases);
    const whole = model.loss({ tokens: bases.slice(0, -1), B: 1, L: bases.length - 1 }, bases.slice(1));
    expect(pass.bases).toBe(bases.length - 1);
    expect(pass.bits).toBeCloseTo(whole.read()[0] / Math.LN2, 4);
    expect(pass.heapAfter).toBe(pass.heapBefore);
    expect(pass.heapMost - pass.heapBefore).toBeGreaterThanOrEqual(pass.stateBytes);
    // 3 calls hold at most one state and the next one.
    expect(pass.heapMost - pass.heapBefore).toBeLessThan(3 * pass.stateBytes);
  });
});
