import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { runningSums } from '../../src/tasks/parity.ts';

const sizes = { B: 100, digits: 40, k: 3 };

describe('runningSums', () => {
  it.each([2, 3, 5])('gives the sum modulo %i after each digit', (k) => {
    const { tokens, targets, B, L } = runningSums(new Random(1), { ...sizes, k });
    expect([B, L]).toEqual([100, 41]);
    for (let b = 0; b < B; b++) {
      const digits = [...tokens.subarray(b * L, (b + 1) * L)];
      expect(digits.shift()).toBe(k);
      expect(digits.every((digit) => digit >= 0 && digit < k)).toBe(true);
      const sums = digits.map((_, t) => digits.slice(0, t + 1).reduce((sum, digit) => sum + digit) % k);
      expect([...targets.subarray(b * L, (b + 1) * L)]).toEqual([-1, ...sums]);
    }
  });

  it('has each digit as often, or rows of one digit when they are skewed', () => {
    const shares = (skewed: boolean) => {
      const { tokens, B, L } = runningSums(new Random(2), { ...sizes, B: 400, skewed });
      return Array.from({ length: B }, (_, b) => {
        const digits = tokens.subarray(b * L + 1, (b + 1) * L);
        return [0, 1, 2].map((digit) => digits.filter((one) => one === digit).length / 40);
      });
    };
    const mean = (all: number[][], digit: number) => all.reduce((sum, row) => sum + row[digit], 0) / all.length;
    for (const digit of [0, 1, 2]) {
      // Of 16 000 digits; 0.0037 is a deviation.
      expect(Math.abs(mean(shares(false), digit) - 1 / 3)).toBeLessThan(0.02);
      // Of 400 rows that differ.
      expect(Math.abs(mean(shares(true), digit) - 1 / 3)).toBeLessThan(0.08);
    }
    const most = (all: number[][]) => all.map((row) => Math.max(...row));
    expect(Math.max(...most(shares(false)))).toBeLessThan(0.8);
    expect(most(shares(true)).filter((share) => share > 0.9).length, 'rows of nearly one digit').toBeGreaterThan(20);
  });

  it('refuses what cannot be', () => {
    expect(() => runningSums(new Random(1), { ...sizes, k: 1 })).toThrow(
      'runningSums: k is 1, expected a whole number ≥ 2: modulo 1 every sum is 0.',
    );
    expect(() => runningSums(new Random(1), { ...sizes, digits: 0 })).toThrow('runningSums: digits is 0');
  });
});
