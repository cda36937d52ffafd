import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { normalCdf, normalDensity, normalQuantile } from '../../src/math/normal.ts';

describe('the standard normal', () => {
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.01, -2.3263478740408408],
    [1e-10, -6.361340902404056],
    [1e-20, -9.2623400897984],
  ])('has the quantile of %f', (p, z) => expect(normalQuantile(p)).toBeCloseTo(z, 11));

  it('has quantiles that its distribution takes back, and the slope of its density', () => {
    fc.assert(
      fc.property(fc.double({ min: -7, max: 4.5, noNaN: true }), (z) => {
        expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, 9);
        expect((normalCdf(z + 1e-5) - normalCdf(z - 1e-5)) / 2e-5).toBeCloseTo(normalDensity(z), 8);
      }),
    );
    expect([0, 1, -0.1].map(normalQuantile)).toEqual([-Infinity, Infinity, Number.NaN]);
  });
});
