import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/src/random.ts';
import { IntervalCalibration } from '../../src/model/intervalCalibration.ts';
import { PATCH } from '../../src/model/window.ts';
import { GRID } from '../../src/quantiles.ts';

/** The 80 % interval of a standard normal. */
const BOUND = 1.2816;

/** The width for noise of deviation 1, forecast with intervals that are `factor` times as wide as they should be. */
function widthFor(factor: number, length: number, seed = 1): number {
  const random = new Random(seed);
  const window = Float64Array.from({ length }, () => random.normal());
  const calibration = new IntervalCalibration();
  const at = (level: number) => (level < 0.5 ? -1 : level > 0.5 ? 1 : 0) * factor * BOUND;
  for (let end = PATCH; end < length; end += PATCH) calibration.add(end, (level) => at(GRID[level]));
  // Without the constant factor that every interval gets.
  return calibration.width(window) / 1.06;
}

describe('interval calibration', () => {
  it('keeps correct intervals, widens narrow ones, narrows wide ones', () => {
    expect(widthFor(1, 2000)).toBeCloseTo(1, 1);
    // The exponent of 256 values is 2/3.
    expect(widthFor(0.7, 2000)).toBeCloseTo(0.7 ** (-2 / 3), 1);
    expect(widthFor(1.4, 2000)).toBeCloseTo(1.4 ** (-2 / 3), 1);
    expect(widthFor(0.01, 2000)).toBeCloseTo(1.6);
    expect(widthFor(100, 2000)).toBeCloseTo(0.6);
  });

  it('changes little when there are few values', () => {
    expect(widthFor(0.5, 3 * PATCH)).toBe(1);
    const few = widthFor(0.7, 6 * PATCH);
    expect(few).toBeGreaterThan(1);
    expect(few).toBeLessThan(widthFor(0.7, 2000) + 0.1);
  });

  it('skips missing values', () => {
    const calibration = new IntervalCalibration();
    calibration.add(3 * PATCH, () => 0);
    expect(calibration.width(new Float64Array(4 * PATCH).fill(Number.NaN))).toBe(1.06);
  });
});
