import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { CONTEXT, shortSpanOf, spanOf } from '../../src/model/window.ts';

describe('the span that is read', () => {
  it('ends at the last value, is bounded, and is normalized over most of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), (count) => {
        const { start, normalizedTo } = spanOf(count);
        expect(start).toBeLessThan(normalizedTo);
        expect(normalizedTo).toBeLessThanOrEqual(count);
        expect(count - start).toBeLessThan(CONTEXT + CONTEXT / 16);
        expect(normalizedTo - start).toBeGreaterThanOrEqual((count - start) * 0.875);
        if (count <= CONTEXT) expect(start).toBe(0);
        else expect(normalizedTo - start).toBe(CONTEXT);
      }),
      { numRuns: 500 },
    );
  });

  it('has a short one within it, where that holds three seasons', () => {
    for (const count of [1280, 1343, 1344, 4096, 5000, 50_000]) {
      const short = shortSpanOf(count, 24);
      expect(short?.start).toBeGreaterThan(spanOf(count).start);
      expect(short?.normalizedTo).toBeLessThanOrEqual(count);
      expect(count - (short?.start ?? 0)).toBeLessThan(1024 + 64);
    }
    expect(shortSpanOf(1279, 24)).toBeUndefined();
    expect(shortSpanOf(5000, 341)).toBeDefined();
    expect(shortSpanOf(5000, 342)).toBeUndefined();
  });

  it('is normalized again a bounded number of times', () => {
    const points = (from: number, to: number) => {
      const seen = new Set<number>();
      for (let count = from; count <= to; count++) seen.add(spanOf(count).normalizedTo);
      return seen.size;
    };
    expect(points(512, 1023)).toBe(8);
    expect(points(2048, 4095)).toBe(8);
    expect(points(100_000, 200_000)).toBeLessThanOrEqual(100_000 / (CONTEXT / 16) + 2);
  });
});
