import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { CONTEXT, spanOf } from '../../src/model/window.ts';

describe('the window that is read', () => {
  it('ends at the last value, is bounded, and was measured over most of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), (count) => {
        const { start, rung } = spanOf(count);
        expect(start).toBeLessThan(rung);
        expect(rung).toBeLessThanOrEqual(count);
        expect(count - start).toBeLessThan(CONTEXT + CONTEXT / 16);
        expect(rung - start).toBeGreaterThanOrEqual((count - start) * 0.875);
        if (count <= CONTEXT) expect(start).toBe(0);
        else expect(rung - start).toBe(CONTEXT);
      }),
      { numRuns: 500 },
    );
  });

  it('is measured anew a bounded number of times', () => {
    const rungs = (from: number, to: number) => {
      const seen = new Set<number>();
      for (let count = from; count <= to; count++) seen.add(spanOf(count).rung);
      return seen.size;
    };
    expect(rungs(512, 1023)).toBe(8);
    expect(rungs(2048, 4095)).toBe(8);
    expect(rungs(100_000, 200_000)).toBeLessThanOrEqual(100_000 / (CONTEXT / 16) + 2);
  });
});
