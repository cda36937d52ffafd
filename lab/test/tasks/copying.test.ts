import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { ASK, copying, NOISE } from '../../src/tasks/copying.ts';

const sizes = { B: 200, context: 12, symbols: 3, vocab: 6 };
const rowOf = (all: Int32Array, b: number, L: number) => [...all.subarray(b * L, (b + 1) * L)];

describe('copying', () => {
  it.each([true, false])('asks for the symbols in their order, selective: %s', (selective) => {
    const { tokens, targets, B, L } = copying(new Random(1), { ...sizes, selective });
    expect([B, L]).toEqual([200, 15]);
    for (let b = 0; b < B; b++) {
      const [row, wanted] = [rowOf(tokens, b, L), rowOf(targets, b, L)];
      const symbols = row.filter((token) => token > ASK);
      expect(symbols).toHaveLength(3);
      expect(row.slice(12)).toEqual([ASK, ASK, ASK]);
      expect(row.slice(0, 12).filter((token) => token === NOISE)).toHaveLength(9);
      expect(wanted).toEqual([...new Array(12).fill(-1), ...symbols]);
    }
  });

  it('has the symbols at the same places in plain copying, and at any in selective', () => {
    const places = (selective: boolean) => {
      const { tokens, B, L } = copying(new Random(2), { ...sizes, selective });
      return Array.from({ length: B }, (_, b) => rowOf(tokens, b, L).flatMap((token, t) => (token > ASK ? [t] : [])));
    };
    expect(new Set(places(false).map(String))).toEqual(new Set(['0,1,2']));
    const counts = new Array<number>(12).fill(0);
    for (const t of places(true).flat()) counts[t]++;
    // 200 rows of 3 in 12 places: 50 each, with a deviation of 6.1.
    for (const count of counts) expect(Math.abs(count - 50)).toBeLessThan(5 * 6.1);
  });

  it('draws every symbol, and the same rows from the same seed', () => {
    const draw = (seed: number) => copying(new Random(seed), { ...sizes, selective: true });
    expect(new Set(draw(3).targets)).toEqual(new Set([-1, 2, 3, 4, 5]));
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3).tokens).not.toEqual(draw(4).tokens);
  });

  it.each([
    [{ vocab: 3 }, 'copying: vocab is 3, expected a whole number ≥ 4: noise, question and two symbols.'],
    [{ symbols: 0 }, 'copying: symbols is 0'],
    [{ context: 2 }, 'copying: context is 2, expected a whole number ≥ 3: it holds the symbols.'],
  ])('refuses %o', (wrong, message) => {
    expect(() => copying(new Random(1), { ...sizes, selective: true, ...wrong })).toThrow(message);
  });
});
