import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { timescales } from '../../src/tasks/timescales.ts';

const scales = [2, 8, 32];
const draw = (seed: number, B: number, L: number) => timescales(new Random(seed), { B, L, scales });

describe('sums of several time scales', () => {
  it('are what the recurrence makes of the values and bells shown', () => {
    const { inputs, targets, B, L } = draw(3, 4, 50);
    expect([inputs.length, targets.length]).toEqual([4 * 50 * 4, 4 * 50 * 3]);
    for (let b = 0; b < B; b++) {
      const sums = [0, 0, 0];
      for (let t = 0; t < L; t++) {
        const [x, ...bells] = inputs.subarray((b * L + t) * 4, (b * L + t + 1) * 4);
        for (const [k, scale] of scales.entries()) {
          const keep = Math.exp(-1 / scale);
          sums[k] = (bells[k] === 1 ? 0 : keep * sums[k]) + Math.sqrt(1 - keep * keep) * x;
          expect(targets[(b * L + t) * 3 + k]).toBeCloseTo(sums[k], 5);
        }
      }
    }
  });

  it('ring every 2 τ steps on average, each bell by itself', () => {
    const { inputs, B, L } = draw(5, 64, 500);
    const rings = scales.map((_, k) => {
      let count = 0;
      for (let row = 0; row < B * L; row++) count += inputs[row * 4 + 1 + k];
      return count / (B * L);
    });
    for (const [k, scale] of scales.entries()) {
      // Five standard deviations.
      const expected = 1 / (2 * scale);
      expect(Math.abs(rings[k] - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / (B * L)));
    }
    let together = 0;
    for (let row = 0; row < B * L; row++) together += inputs[row * 4 + 1] * inputs[row * 4 + 2];
    expect(Math.abs(together / (B * L) - 1 / 64)).toBeLessThan(5 * Math.sqrt(1 / 64 / (B * L)));
  });

  it('is the same for the same seed, and another for another', () => {
    expect(draw(1, 2, 9)).toEqual(draw(1, 2, 9));
    expect(draw(1, 2, 9)).not.toEqual(draw(2, 2, 9));
  });

  it.each([
    [{ B: 0 }, 'timescales: B is 0, expected a whole number ≥ 1'],
    [{ L: 1.5 }, 'timescales: L is 1.5, expected a whole number ≥ 1'],
    [{ scales: [] }, 'timescales: scales is [], expected steps ≥ 1, one for each sum'],
    [{ scales: [2, 0.5] }, 'timescales: scales is [2, 0.5], expected steps ≥ 1'],
  ])('refuses %j', (changed, message) => {
    expect(() => timescales(new Random(1), { B: 2, L: 3, scales, ...changed })).toThrow(message);
  });
});
