import { describe, expect, it } from 'vitest';
import { diagonal, identity } from '../../../packages/core/src/math/matrix.ts';
import { Random } from '../../../packages/core/src/random.ts';
import { kalmanFilter } from '../../../packages/core/src/ssm/kalman.ts';
import { criticalDamping, springClosedForm } from '../../../packages/core/src/ssm/massSpring.ts';
import { type SpringWorld, springFilter, springSteps, springs } from '../../src/tasks/springs.ts';

const noisy: SpringWorld = {
  mass: 1.5,
  damping: 0.2,
  stiffness: [4],
  step: 0.2,
  kick: 0.1,
  noise: 0.3,
  first: [1, 2],
  dwell: [3, 7],
};
const switched: SpringWorld = { ...noisy, stiffness: [1, 4, 6] };
/** Let go at rest, left alone, and seen as it is. */
const quiet = { kick: 0, noise: 0, first: [1, 0] as const };
const always = () => true;
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

describe('springs', () => {
  it.each([0, 0.1, 1, 2.5])('follow the closed form at %s times critical damping', (part) => {
    const world = { ...noisy, ...quiet, damping: part * criticalDamping({ mass: 1.5, stiffness: 4 }) };
    const { positions, measured } = springs(world, new Random(1))(200);
    const parameters = { mass: 1.5, damping: world.damping, stiffness: 4 };
    const truth = Array.from(positions, (_, t) => springClosedForm(parameters, [positions[0], 0], 0, 0.2 * t)[0]);
    expect(largest(positions, truth)).toBeLessThan(1e-10);
    expect(measured).toEqual(positions);
  });

  it('follow the closed form from switch to switch', () => {
    const { positions, switches } = springs({ ...switched, ...quiet }, new Random(2))(100);
    let state: [number, number] = [positions[0], 0];
    const truth = Array.from(switches, (at, t) => {
      if (t > 0)
        state = springClosedForm({ mass: 1.5, damping: 0.2, stiffness: switched.stiffness[at] }, state, 0, 0.2);
      return state[0];
    });
    expect(new Set(switches).size).toBe(3);
    expect(largest(positions, truth)).toBeLessThan(1e-10);
  });

  it('keep their energy where nothing takes it', () => {
    const [[a, b], [c, d]] = springSteps({ ...noisy, damping: 0 })[0];
    let [q, v] = [0.7, -1.3];
    const energy = () => 0.5 * 1.5 * v * v + 0.5 * 4 * q * q;
    const before = energy();
    for (let t = 0; t < 10_000; t++) [q, v] = [a * q + b * v, c * q + d * v];
    expect(Math.abs(energy() / before - 1)).toBeLessThan(1e-11);
    expect(Math.hypot(q - 0.7, v + 1.3), 'it moved').toBeGreaterThan(0.01);
  });

  it('have the spread that their world says', () => {
    const make = springs({ ...noisy, damping: 0, stiffness: [1e-12] }, new Random(3));
    const many = Array.from({ length: 20_000 }, () => make(2));
    const deviation = (of: (one: (typeof many)[0]) => number) =>
      Math.sqrt(many.reduce((sum, one) => sum + of(one) ** 2, 0) / many.length);
    // Of 20000 values the deviation is known to 0.5 %.
    expect(deviation(({ positions }) => positions[0])).toBeCloseTo(1, 1.3);
    expect(deviation(({ positions: [a, b] }) => b - a) / (2 * 0.2)).toBeCloseTo(1, 1.3);
    expect(deviation(({ positions, measured }) => measured[1] - positions[1]) / 0.3).toBeCloseTo(1, 1.3);
  });

  it('stay at a position of the switch as long as they may', () => {
    const { switches } = springs(switched, new Random(4))(20_000);
    const stays: number[] = [];
    let begun = 0;
    for (let t = 1; t < switches.length; t++) {
      if (switches[t] === switches[t - 1]) continue;
      stays.push(t - begun);
      begun = t;
    }
    const whole = stays.slice(1);
    expect([Math.min(...whole), Math.max(...whole)]).toEqual([3, 7]);
    expect(whole.reduce((a, b) => a + b) / whole.length).toBeCloseTo(5, 0.7);
    expect(stays[0]).toBeLessThanOrEqual(7);
    const steps = [0, 1, 2].map((at) => switches.filter((one) => one === at).length / switches.length);
    for (const part of steps) expect(Math.abs(part - 1 / 3)).toBeLessThan(0.03);
  });

  it('continue from a saved random state', () => {
    const random = new Random(5);
    const make = springs(switched, random);
    make(30);
    const state = JSON.parse(JSON.stringify(random.state()));
    const next = make(30);
    random.restore(state);
    expect(springs(switched, random)(30)).toEqual(next);
    expect(make(30)).not.toEqual(next);
  });

  it.each([
    [{ kick: -1 }, 'springs: kick is -1, expected a standard deviation ≥ 0.'],
    [{ first: [1, Number.NaN] as const }, 'springs: first velocity is NaN'],
    [{ dwell: [0, 3] as const }, 'springs: dwell is 0 to 3, expected whole numbers of steps, 1 ≤ least ≤ most.'],
    [{ dwell: [5, 3] as const }, 'springs: dwell is 5 to 3'],
    [{ stiffness: [] }, 'springs: no stiffness, expected one for each position of the switch.'],
    [{ stiffness: [1, 0] }, 'massSpring: stiffness is 0, expected a number > 0.'],
    [{ step: 0 }, 'discretize: the step is 0'],
  ])('refuse %j', (change, message) => {
    expect(() => springs({ ...noisy, ...change }, new Random(1))).toThrow(message);
  });
});

describe('springFilter', () => {
  it('is the Kalman filter of matrices', () => {
    const { switches, measured } = springs(noisy, new Random(6))(50);
    const model = {
      A: springSteps(noisy)[0],
      Q: diagonal([0, 0.1 ** 2]),
      C: [[1, 0]],
      R: [[0.3 ** 2]],
      mean: [0, 0],
      covariance: diagonal([1, 4]),
    };
    const { filtered } = kalmanFilter(
      model,
      Array.from(measured, (y) => [y]),
    );
    const { mean, deviation } = springFilter(noisy)({ switches, measured }, always);
    expect(
      largest(
        mean,
        filtered.map((one) => one.mean[0]),
      ),
    ).toBeLessThan(1e-12);
    expect(
      largest(
        deviation,
        filtered.map((one) => Math.sqrt(one.covariance[0][0])),
      ),
    ).toBeLessThan(1e-12);
  });

  it('is certain of what is neither kicked nor measured with noise', () => {
    const world = { ...switched, ...quiet, first: [1, 2] as const };
    const one = springs(world, new Random(7))(60);
    const { mean, deviation } = springFilter(world)(one, (t) => t < 3);
    expect(largest(mean.slice(1), one.positions.slice(1))).toBeLessThan(1e-9);
    expect(Math.max(...deviation.slice(1))).toBeLessThan(1e-6);
  });

  // The optimal predictor's error is as large as it says, and has nothing to do with what it was told.
  it('errs by its own deviation, and by nothing that the measurements could tell', () => {
    const [length, until, many] = [40, 20, 6000];
    const make = springs(switched, new Random(8));
    const filter = springFilter(switched);
    const squares = new Float64Array(length);
    const expected = new Float64Array(length);
    const products = new Float64Array(until);
    for (let i = 0; i < many; i++) {
      const one = make(length);
      const { mean, deviation } = filter(one, (t) => t < until);
      for (let t = 0; t < length; t++) {
        squares[t] += (one.positions[t] - mean[t]) ** 2 / many;
        expected[t] += deviation[t] ** 2 / many;
      }
      for (let s = 0; s < until; s++) products[s] += (one.positions[30] - mean[30]) * one.measured[s];
    }
    // A mean of squares of 6000 Gaussians is known to √(2 / 6000) = 1.8 %, at each of 40 steps.
    for (let t = 0; t < length; t++) expect(Math.abs(squares[t] / expected[t] - 1), `step ${t}`).toBeLessThan(0.075);
    expect(expected[39], 'what is not seen grows uncertain').toBeGreaterThan(2 * expected[19]);
    for (let s = 0; s < until; s++) {
      expect(Math.abs(products[s]) / many / Math.sqrt(expected[30]), `measurement ${s}`).toBeLessThan(0.075);
    }
  });

  it('knows only the start where nothing is seen', () => {
    const one = springs({ ...noisy, kick: 0 }, new Random(9))(10);
    const { mean, deviation } = springFilter({ ...noisy, kick: 0 })(one, () => false);
    expect([...mean]).toEqual(new Array(10).fill(0));
    let power = identity(2);
    const [A] = springSteps(noisy);
    for (let t = 0; t < 10; t++) {
      expect(deviation[t]).toBeCloseTo(Math.hypot(power[0][0], 2 * power[0][1]), 12);
      power = A.map(([a, b]) => [a * power[0][0] + b * power[1][0], a * power[0][1] + b * power[1][1]]);
    }
  });
});
