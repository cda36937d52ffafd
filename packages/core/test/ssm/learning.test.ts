import { describe, expect, it } from 'vitest';
import { experiments, SPRING } from '../../../../lab/src/theory/identify.ts';
import { cases, fits } from '../../../../lab/src/theory/pendulum.ts';
import { anyBackend } from '../../../../test/support/backends.ts';
import { eigenvalues } from '../../src/math/eigenvalues.ts';
import { identifySystem } from '../../src/ssm/identify.ts';
import { massSpring } from '../../src/ssm/massSpring.ts';
import { simulatePendulum } from '../../src/ssm/pendulum.ts';

describe('a neural state space model', () => {
  it.each([1, 2])(
    'finds the eigenvalues of the spring to a fiftieth, from seed %i',
    async (seed) => {
      const found = await identifySystem(experiments(7 + seed), anyBackend, { seed });
      const [truth] = eigenvalues(massSpring(SPRING).A);
      const [learned] = found.eigenvalues;
      expect(Math.abs(learned.re - truth.re)).toBeLessThan(0.02 * Math.abs(truth.re));
      expect(Math.abs(learned.im - truth.im)).toBeLessThan(0.02 * Math.abs(truth.im));
      expect(found.losses[found.losses.length - 1]).toBeLessThan(0.005);
    },
    20_000,
  );

  it('refuses experiments of different lengths', async () => {
    const data = { step: 0.1, inputs: [[1, 2]], outputs: [[1]] };
    await expect(identifySystem(data, anyBackend)).rejects.toThrow(
      'identifySystem: 1 inputs and 1 outputs of 2, 1 samples',
    );
  });
});

describe('the pendulum', () => {
  it('keeps its energy without damping', () => {
    const angles = simulatePendulum({ damping: 0, swing: 0, frequency: 1 }, 2, 400, 0.05);
    expect(Math.max(...angles)).toBeLessThan(2 + 1e-6);
    expect(Math.max(...angles.slice(200))).toBeGreaterThan(1.98);
  });

  it('is fitted by LTI models only where it swings little; by a selective one always', () => {
    const [small, large, changing] = cases.map(fits);
    for (const { error } of small.lti) expect(error).toBeLessThan(0.01);
    for (const { lti } of [large, changing]) for (const { error } of lti) expect(error).toBeGreaterThan(0.5);
    for (const { selective } of [small, large, changing]) expect(selective.error).toBeLessThan(0.03);
  });
});
