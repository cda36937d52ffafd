import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discretization, errorOf } from '../../../../lab/src/theory/discretization.ts';
import { eulerLimit } from '../../../../lab/src/theory/stability.ts';
import { eigenvalues, spectralRadius } from '../../src/math/eigenvalues.ts';
import { type Matrix, multiply } from '../../src/math/matrix.ts';
import {
  convergenceOrder,
  discretizationRules,
  discretize,
  type LinearSystem,
  simulateLinear,
} from '../../src/ssm/discretize.ts';
import { hippoLegS, hippoProject, hippoReconstruct, legendre } from '../../src/ssm/hippo.ts';
import {
  criticalDamping,
  massSpring,
  simulateSpring,
  springClosedForm,
  springDamping,
} from '../../src/ssm/massSpring.ts';

/** The recurrence as a convolution from rest: the kernel Kₖ = C Aᵏ B of one input and one output. */
function impulseResponse({ A, B }: LinearSystem, C: Matrix, length: number): number[] {
  let power = B;
  return Array.from({ length }, () => {
    const value = multiply(C, power)[0][0];
    power = multiply(A, power);
    return value;
  });
}

const positive = fc.double({ min: 0.3, max: 5, noNaN: true });
const any = fc.double({ min: -2, max: 2, noNaN: true });

describe('the mass–spring–damper', () => {
  it('simulated by matrix exponential is its closed form: under-, critically and overdamped', () => {
    const ratios = fc.constantFrom(0, 0.1, 0.7, 1, 1.5, 4);
    fc.assert(
      fc.property(positive, positive, ratios, any, any, any, (mass, stiffness, ratio, q, v, force) => {
        const parameters = { mass, stiffness, damping: ratio * criticalDamping({ mass, stiffness }) };
        expect(springDamping(parameters)).toBe(ratio < 1 ? 'underdamped' : ratio === 1 ? 'critical' : 'overdamped');
        simulateSpring(parameters, [q, v], new Array(20).fill(force), 0.3).forEach((x, i) => {
          springClosedForm(parameters, [q, v], force, 0.3 * i).forEach((value, k) => {
            expect(Math.abs(value - x[k])).toBeLessThan(1e-10 * (1 + Math.abs(value)));
          });
        });
      }),
    );
  });

  it('follows a force that changes, whatever the steps', () => {
    const spring = { mass: 2, damping: 0.5, stiffness: 3 };
    const coarse = simulateSpring(spring, [1, 0], [1, -2, 0.5], 0.6);
    const fine = simulateSpring(spring, [1, 0], [1, 1, 1, -2, -2, -2, 0.5, 0.5, 0.5], 0.2);
    coarse.forEach((x, i) => {
      for (const k of [0, 1]) expect(x[k]).toBeCloseTo(fine[3 * i][k], 12);
    });
  });

  it('refuses a mass of 0', () => {
    expect(() => massSpring({ mass: 0, damping: 1, stiffness: 1 })).toThrow(
      'massSpring: mass is 0, expected a number > 0.',
    );
  });
});

describe('discretisation', () => {
  it('has orders 1, 2, exact and 1', () => {
    const counts = [320, 640, 1280];
    const order = (rule: (typeof discretizationRules)[number]) =>
      convergenceOrder(
        counts.map((n) => 1 / n),
        counts.map((n) => errorOf(rule, n)),
      );
    expect(Math.abs(order('euler') - 1)).toBeLessThan(0.05);
    expect(Math.abs(order('bilinear') - 2)).toBeLessThan(0.01);
    expect(Math.abs(order('simplified') - 1)).toBeLessThan(0.02);
    for (const count of [10, 100, 1000]) expect(errorOf('zoh', count)).toBeLessThan(1e-13);
  });

  it('takes a system without an inverse: a free mass', () => {
    const { A, B } = discretize(
      {
        A: [
          [0, 1],
          [0, 0],
        ],
        B: [[0], [1]],
      },
      0.5,
      'zoh',
    );
    expect(A).toEqual([
      [1, 0.5],
      [0, 1],
    ]);
    expect(B.flat().map((value) => value.toFixed(12))).toEqual(['0.125000000000', '0.500000000000']);
  });

  it('gives one kernel: recurrence and convolution are equal', () => {
    const system = discretize(massSpring({ mass: 1, damping: 0.4, stiffness: 4 }), 0.1, 'bilinear');
    const inputs = Array.from({ length: 40 }, (_, i) => Math.sin(i * i));
    const K = impulseResponse(system, [[1, 0]], 40);
    const states = simulateLinear(
      system,
      [0, 0],
      inputs.map((u) => [u]),
    );
    inputs.forEach((_, t) => {
      const y = inputs.slice(0, t + 1).reduce((sum, u, s) => sum + K[t - s] * u, 0);
      expect(y).toBeCloseTo(states[t + 1][0], 12);
    });
  });

  it('is stable where it should be', () => {
    const system = massSpring({ mass: 1, damping: 0.8, stiffness: 4 });
    const radius = (step: number, rule: (typeof discretizationRules)[number]) =>
      spectralRadius(discretize(system, step, rule).A);
    expect(radius(0.999 * eulerLimit(), 'euler')).toBeLessThan(1);
    expect(radius(1.001 * eulerLimit(), 'euler')).toBeGreaterThan(1);
    for (const step of [0.01, 1, 100])
      for (const rule of discretizationRules.slice(1)) expect(radius(step, rule)).toBeLessThan(1);
  });

  it('refuses a step of 0, and shows its table', async () => {
    expect(() => discretize({ A: [[1]], B: [[1]] }, 0, 'zoh')).toThrow('discretize: the step is 0');
    const { table } = await discretization.run(() => Promise.reject(new Error('no tensors are needed')));
    expect(table).toHaveLength(5);
  });
});

describe('HiPPO-LegS', () => {
  it('has the matrices of the paper, with eigenvalues −1 … −N', () => {
    const { A, B } = hippoLegS(4);
    expect(A[2]).toEqual([-Math.sqrt(5), -Math.sqrt(5) * Math.sqrt(3), -3, 0]);
    expect(B.flat()).toEqual([1, Math.sqrt(3), Math.sqrt(5), Math.sqrt(7)]);
    eigenvalues(A).forEach(({ re, im }, i) => {
      expect(re).toBeCloseTo(-(i + 1), 10);
      expect(im).toBeCloseTo(0, 10);
    });
  });

  it('holds the projection on Legendre polynomials, and so gives a polynomial back', () => {
    const length = 4000;
    const cubic = (s: number) => 1 - 3 * s + 8 * s ** 2 - 6 * s ** 3;
    const signal = Array.from({ length }, (_, k) => cubic((k + 0.5) / length));
    const c = hippoProject(signal, 6);
    const projection = Array.from({ length: 6 }, (_, n) => {
      const products = signal.map((f, k) => f * legendre(6, (2 * (k + 0.5)) / length - 1)[n]);
      return (Math.sqrt(2 * n + 1) * products.reduce((sum, value) => sum + value, 0)) / length;
    });
    c.forEach((value, n) => {
      expect(Math.abs(value - projection[n])).toBeLessThan(2e-3);
    });
    hippoReconstruct(c, length).forEach((value, k) => {
      expect(Math.abs(value - signal[k])).toBeLessThan(0.02);
    });
  });

  it('remembers better with a larger state', () => {
    const signal = Array.from({ length: 1000 }, (_, k) => Math.sin(k / 50) + Math.cos(k / 31));
    const errors = [8, 16, 32].map((n) => {
      const rebuilt = hippoReconstruct(hippoProject(signal, n), 1000);
      return Math.sqrt(rebuilt.reduce((sum, value, k) => sum + (value - signal[k]) ** 2, 0) / 1000);
    });
    expect(errors[1]).toBeLessThan(0.7 * errors[0]);
    expect(errors[2]).toBeLessThan(0.1 * errors[1]);
    expect(() => hippoLegS(0)).toThrow('hippoLegS: the order is 0, expected a whole number ≥ 1.');
  });
});
