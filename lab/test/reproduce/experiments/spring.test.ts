import { describe, expect, it } from 'vitest';
import { Random } from '../../../../packages/core/src/random.ts';
import { runsOf } from '../../../src/reproduce/experiment.ts';
import { spring } from '../../../src/reproduce/experiments/spring/spring.ts';
import {
  errorsOf,
  errorUpTo,
  kalmanPredictor,
  lastValue,
  linearPredictor,
} from '../../../src/reproduce/experiments/spring/springPredictors.ts';
import { rowsOf, springBatches, systems } from '../../../src/reproduce/experiments/spring/springSystems.ts';
import type { SpringResult } from '../../../src/reproduce/experiments/spring/springTypes.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import { springFilter, springs } from '../../../src/tasks/springs.ts';
import { reached, reportOf } from '../madeUp.ts';

const { fixed, switched } = systems;
const many = (system: typeof fixed, count: number, length: number, seed = 1) => {
  const make = springs(system.world, new Random(seed));
  return Array.from({ length: count }, () => make(length));
};

describe('the inputs of springs', () => {
  it('have a measurement and 1, or two zeros, and the switch', () => {
    const trajectories = many(switched, 2, 20);
    const { inputs, B, L } = rowsOf(switched, trajectories, (t, b) => t < 5 + b);
    expect([B, L, inputs.length]).toEqual([2, 20, 120]);
    for (const [b, { measured, switches }] of trajectories.entries()) {
      for (let t = 0; t < L; t++) {
        const seen = t < 5 + b;
        const at = 3 * (20 * b + t);
        expect([...inputs.subarray(at, at + 3)]).toEqual([
          seen ? Math.fround(measured[t]) : 0,
          seen ? 1 : 0,
          switches[t],
        ]);
      }
    }
    expect(new Set(trajectories.flatMap(({ switches }) => [...switches])).size).toBe(2);
  });

  it('have one gap in each row, of the right length and place', () => {
    const begins = new Set<number>();
    const next = springBatches(fixed, { measured: 9, ahead: 5 }, 200, new Random(2));
    const { inputs, targets, B, L } = next();
    expect([B, L, inputs.length, targets.length]).toEqual([200, 14, 200 * 14 * 2, 200 * 14]);
    for (let b = 0; b < B; b++) {
      const silent = Array.from({ length: L }, (_, t) => t).filter((t) => inputs[2 * (b * L + t) + 1] === 0);
      expect(silent).toEqual(Array.from({ length: 5 }, (_, i) => silent[0] + i));
      begins.add(silent[0]);
    }
    expect([...begins].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(next().targets, 'the next batch is another').not.toEqual(targets);
    const again = springBatches(fixed, { measured: 9, ahead: 5 }, 200, new Random(2))();
    expect(again).toEqual({ inputs, targets, B, L });
  });

  it('scatter around the targets, with the noise of the world', () => {
    const { inputs, targets } = springBatches(switched, { measured: 30, ahead: 10 }, 100, new Random(3))();
    const squares = [...targets].flatMap((q, i) => (inputs[3 * i + 1] === 1 ? (inputs[3 * i] - q) ** 2 : []));
    expect(squares).toHaveLength(3000);
    const noise = Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length);
    // Of 3000 values, to four standard errors.
    expect(Math.abs(noise / switched.world.noise - 1)).toBeLessThan(4 / Math.sqrt(2 * 3000));
  });
});

describe('predictors that need no training', () => {
  const [measured, horizon] = [20, 12];

  it('give a position for each horizon from 0 on', () => {
    const [one] = many(switched, 1, measured + horizon);
    const belief = springFilter(switched.world)(one, (t) => t < measured);
    expect(Array.from(kalmanPredictor(switched, measured)(one))).toEqual([...belief.mean.subarray(measured - 1)]);
    expect(Array.from(lastValue(measured)(one))).toEqual(new Array(horizon + 1).fill(one.measured[measured - 1]));
    expect(errorsOf([one], measured, () => one.positions.subarray(measured - 1))).toEqual(
      new Array(horizon + 1).fill(0),
    );
    const off = errorsOf([one], measured, () => one.positions.subarray(measured - 1).map((q, h) => q + h));
    off.forEach((error, h) => {
      expect(error).toBeCloseTo(h, 12);
    });
    expect(errorUpTo([100, 3, 4, 100], 2)).toBeCloseTo(Math.sqrt(12.5), 12);
  });

  // The fixed spring is linear and Gaussian: its Kalman filter is the best linear predictor. The switched one's is not.
  it('are equal on one spring, but on a switched one the linear predictor is much worse than Kalman', () => {
    const ratio = (system: typeof fixed) => {
      const test = many(system, 1500, measured + horizon);
      const linear = linearPredictor(system, { measured, horizon, count: 2000 }, new Random(4));
      const [a, b] = [linear, kalmanPredictor(system, measured)].map((one) =>
        errorUpTo(errorsOf(test, measured, one), horizon),
      );
      return a / b;
    };
    // 20 weights from 2000 trajectories cost a half of 1 %.
    expect(Math.abs(ratio(fixed) - 1.005)).toBeLessThan(0.02);
    expect(ratio(switched)).toBeGreaterThan(2);
  });
});

describe('the experiment', () => {
  const { full } = spring;

  it('runs each model with each seed on both systems, after the predictors that need no training', () => {
    const ids = runsOf(spring, { ...full, models: ['mamba', 's4d'], seeds: [1, 2] }).map(({ id }) => id);
    const of = (system: string) => ['known', 'mamba-1', 'mamba-2', 's4d-1', 's4d-2'].map((id) => `${system}-${id}`);
    expect(ids).toEqual([...of('fixed'), ...of('switched')]);
  });

  it.each([
    ['models=mamba,lstm', 'spring: models[1] is "lstm", expected \'mamba\' or'],
    ['measured=2.5', 'spring: measured is 2.5, expected a whole number ≥ 3.'],
    ['trajectories=0', 'spring: trajectories is 0'],
  ])('refuses %s', (assignment, message) => {
    expect(() => changed(spring, full, [assignment])).toThrow(message);
  });

  it('refuses settings that do not fit each other', () => {
    expect(() => runsOf(spring, { ...full, seeds: [1, 1] })).toThrow('seed 1 comes twice');
    expect(() => runsOf(spring, { ...full, horizon: 20 })).toThrow(
      'spring: horizon is 20, expected a whole number ≥ 24, as far as ahead.',
    );
  });

  /** A model errs by `factor` times the Kalman filter's 0.1 m, and the linear predictor by 0.4 m. */
  const reportWith = (factor: number) =>
    reportOf(spring, (id) => {
      const [, model] = id.split('-');
      return model === 'known'
        ? { ...resultOf({ kalman: 0.1, linear: 0.4, naive: 1 }), example }
        : resultOf({ [model]: 0.1 * factor });
    });
  const example = {
    positions: new Array(80).fill(0),
    measured: new Array(32).fill(0),
    switches: new Array(80).fill(1),
  };
  const resultOf = (errors: Record<string, number>): SpringResult => {
    const rows = Object.fromEntries(
      Object.entries(errors).map(([name, error]) => [name, new Array<number>(49).fill(error)]),
    );
    return { errors: rows, other: rows, predicted: rows };
  };

  it('reports from the numbers what was reached', () => {
    const near = reportWith(1.2);
    expect(reached(near)).not.toContain(false);
    expect(near.findings.join(' ')).toContain('Mamba 1.20×, Mamba-3 1.20×, S4D 1.20×; the best linear predictor');
    expect(near.tables.map(({ rows }) => rows.length)).toEqual([7, 7, 7]);
    const far = reportWith(3.2);
    expect(reached(far)).not.toContain(true);
    expect(far.goals.map(({ measured }) => measured)).toContain('3.20 ± 0.00×');
    expect(far.goals.map(({ measured }) => measured)).toContain('0.80 ± 0.00×');
  });
});
