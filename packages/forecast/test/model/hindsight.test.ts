import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/src/random.ts';
import { Hindsight } from '../../src/model/intervalCalibration.ts';
import { PATCH } from '../../src/model/window.ts';
import { GRID } from '../../src/quantiles.ts';

/** The 80 % interval of a standard normal. */
const BOUND = 1.2816;

/** Noise of deviation 1, and what a network says of it whose intervals are `factor` times as wide as they should be. */
function judged(factor: number, length: number, seed = 1): number {
  const random = new Random(seed);
  const window = Float64Array.from({ length }, () => random.normal());
  const hindsight = new Hindsight();
  const at = (level: number) => (level < 0.5 ? -1 : level > 0.5 ? 1 : 0) * factor * BOUND;
  for (let end = PATCH; end < length; end += PATCH) hindsight.add(end, (level) => at(GRID[level]));
  // But for what intervals get always.
  return hindsight.width(window) / 1.06;
}

describe('hindsight', () => {
  it('leaves intervals that were right, widens narrow ones, narrows wide ones', () => {
    expect(judged(1, 2000)).toBeCloseTo(1, 1);
    // The exponent of 256 values is 2/3.
    expect(judged(0.7, 2000)).toBeCloseTo(0.7 ** (-2 / 3), 1);
    expect(judged(1.4, 2000)).toBeCloseTo(1.4 ** (-2 / 3), 1);
    expect(judged(0.01, 2000)).toBeCloseTo(1.6);
    expect(judged(100, 2000)).toBeCloseTo(0.6);
  });

  it('says little of little', () => {
    expect(judged(0.5, 3 * PATCH)).toBe(1);
    const few = judged(0.7, 6 * PATCH);
    expect(few).toBeGreaterThan(1);
    expect(few).toBeLessThan(judged(0.7, 2000) + 0.1);
  });

  it('passes over missing values', () => {
    const hindsight = new Hindsight();
    hindsight.add(3 * PATCH, () => 0);
    expect(hindsight.width(new Float64Array(4 * PATCH).fill(Number.NaN))).toBe(1.06);
  });
});
