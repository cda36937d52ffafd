import { describe, expect, it } from 'vitest';
import { mean } from '../../../../packages/core/src/math/stats.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { reverseComplement } from '../../../../packages/core/src/tokenize/dna.ts';
import { markovBits } from '../../../src/reproduce/experiments/genome/markovMixture.ts';

const draw = (length: number, seed: number): Int32Array => {
  const random = new Random(seed);
  return Int32Array.from({ length }, () => random.int(4));
};

/** Counts of what followed `context` in the text and in its other strand, each looked for anew. */
function plainBits(bases: Int32Array, order: number): number[] {
  return Array.from(bases, (base, at) => {
    const context = bases.slice(at - order, at).join();
    const strands = [bases.slice(0, at), reverseComplement(bases.slice(0, at))];
    const counts = [1, 1, 1, 1];
    for (const strand of strands) {
      for (let i = order; i < strand.length; i++) {
        if (strand.slice(i - order, i).join() === context) counts[strand[i]]++;
      }
    }
    return at < order ? 2 : -Math.log2(counts[base] / counts.reduce((a, b) => a + b));
  });
}

describe('markovBits', () => {
  it.each([0, 1, 2, 3])('of order %i counts on both strands what came before', (order) => {
    const bases = draw(60, 7);
    const want = plainBits(bases, order);
    for (const [at, bits] of markovBits(bases, { orders: [order], rate: 0 }).entries()) {
      expect(bits).toBeCloseTo(want[at], 9);
    }
  });

  it('knows a repeat, and one on the other strand', () => {
    const first = draw(20_000, 3);
    const options = { orders: [2, 12, 16], rate: 0.02 };
    for (const second of [first, reverseComplement(first)]) {
      const bits = markovBits(Int32Array.of(...first, ...second), options);
      expect(mean(bits.subarray(0, 20_000))).toBeGreaterThan(1.99);
      expect(mean(bits.subarray(20_000))).toBeLessThan(0.3);
    }
  });

  it('refuses what is not a base, and orders that floats do not hold', () => {
    const options = { orders: [2], rate: 0 };
    expect(() => markovBits(Int32Array.of(0, 4), options)).toThrow('base 4 at 1, expected 0 to 3');
    expect(() => markovBits(draw(9, 1), { orders: [27], rate: 0 })).toThrow('order 27, expected whole numbers from 0');
  });
});
