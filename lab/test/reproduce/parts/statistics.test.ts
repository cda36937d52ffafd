import { describe, expect, it } from 'vitest';
import { mean, sampleDeviation } from '../../../../packages/core/src/math/stats.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { halfWidth, withError } from '../../../src/reproduce/parts/statistics.ts';

const values = [2, 4, 4, 4, 5, 5, 7, 9];

describe('of a few seeds', () => {
  it("the interval is Student's: t times the standard error", () => {
    // Tables: t(0.975) is 12.706 for 1 degree of freedom, 4.303 for 2, 2.365 for 7, 2.131 for 15.
    expect(halfWidth([1, 3])).toBeCloseTo((12.706 * Math.SQRT2) / Math.SQRT2, 10);
    expect(halfWidth([1, 2, 3])).toBeCloseTo(4.303 / Math.sqrt(3), 10);
    expect(halfWidth(values)).toBeCloseTo((2.365 * Math.sqrt(32 / 7)) / Math.sqrt(8), 10);
    const sixteen = Array.from({ length: 16 }, (_, i) => i);
    expect(halfWidth(sixteen)).toBeCloseTo((2.131 * sampleDeviation(sixteen)) / 4, 10);
    // Beyond the table: 2.120 for 16, 2.042 for 30, 1.984 for 100.
    for (const [size, t] of [
      [17, 2.12],
      [31, 2.042],
      [101, 1.984],
    ]) {
      const many = Array.from({ length: size }, (_, i) => (i % 3) - 1);
      expect((halfWidth(many) * Math.sqrt(size)) / sampleDeviation(many)).toBeCloseTo(t, 2.7);
    }
  });

  it('holds the true mean in 95 of 100 samples, whatever their size', () => {
    const random = new Random(1);
    for (const size of [2, 3, 5, 12, 16, 17, 40]) {
      const rounds = 4000;
      let held = 0;
      for (let i = 0; i < rounds; i++) {
        const sample = Array.from({ length: size }, () => 7 + 2 * random.normal());
        if (Math.abs(mean(sample) - 7) <= halfWidth(sample)) held++;
      }
      // Four standard errors of a share of 4000 rounds.
      expect(Math.abs(held / rounds - 0.95), `${size} values`).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / rounds));
    }
  });

  it('writes the mean with its error, or alone', () => {
    expect(withError([1, 2, 3], 2)).toBe('2.00 ± 2.48');
    expect(withError([0.5, 0.5], 1, 100)).toBe('50.0 ± 0.0');
    expect(withError([1.234], 1)).toBe('1.2');
    expect(halfWidth([1.234])).toBeNaN();
  });
});
