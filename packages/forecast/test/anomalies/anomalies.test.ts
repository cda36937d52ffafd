import { describe, expect, it } from 'vitest';
import { normalForecaster } from '../../../../test/support/forecasters.ts';
import { fc } from '../../../../test/support/random.ts';
import { normalCdf } from '../../../core/src/math/normal.ts';
import { Random } from '../../../core/src/random.ts';
import { Calibration, expectedAlarms } from '../../src/anomalies/calibration.ts';
import { AnomalyDetector, detectAnomalies } from '../../src/anomalies/index.ts';
import { surprise, tailProbability, valueAt, zLevels } from '../../src/anomalies/surprise.ts';
import { openBaseline } from '../../src/baselines/index.ts';
import type { Values } from '../../src/types.ts';

const NAN = Number.NaN;
const range = (n: number, of: (t: number) => number) => Array.from({ length: n }, (_, t) => of(t));
const lastSeen = (past: Values) => Array.from(past).findLast((x) => !Number.isNaN(x))!;

describe('surprise', () => {
  const z = zLevels([0.1, 0.5, 0.9]);

  it('is the z of a normal forecast, far beyond its outer quantiles, too', () => {
    const spread = { z, values: z.map((x) => 10 + 2 * x), least: 0 };
    for (const want of [-9, -1.5, -0.3, 0, 0.7, 1.28, 6]) {
      expect(surprise(spread, 10 + 2 * want)).toBeCloseTo(want, 9);
      expect(valueAt(spread, want)).toBeCloseTo(10 + 2 * want, 9);
    }
    expect(tailProbability(2)).toBeCloseTo(2 * (1 - normalCdf(2)), 12);
    expect(tailProbability(-12)).toBeGreaterThan(0);
  });

  it('is undone by valueAt, and rises with the value', () => {
    const gen = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 });
    const value = fc.double({ min: -300, max: 300, noNaN: true });
    fc.assert(
      fc.property(gen, value, value, (some, a, b) => {
        const values = some.sort((x, y) => x - y).map((x, i) => x + i);
        const spread = { z, values, least: 0.01 };
        expect(valueAt(spread, surprise(spread, a))).toBeCloseTo(a, 6);
        if (a < b - 1e-6) expect(surprise(spread, a)).toBeLessThan(surprise(spread, b));
      }),
    );
  });

  it('of a value that several quantiles have is the least of theirs', () => {
    expect(surprise({ z, values: [0, 0, 3], least: 0 }, 0)).toBe(0);
    expect(surprise({ z, values: [0, 3, 3], least: 0 }, 3)).toBe(0);
    expect(surprise({ z, values: [0, 3, 3], least: 0 }, 0)).toBeCloseTo(z[0], 12);
  });

  it('is finite where the forecast has no width', () => {
    const spread = { z, values: [5, 5, 5], least: 0.1 };
    expect(surprise(spread, 5)).toBe(0);
    expect(surprise(spread, 6)).toBeCloseTo(z[2] + 10, 9);
    expect(surprise(spread, 4)).toBeCloseTo(z[0] - 10, 9);
    expect(Number.isFinite(surprise({ ...spread, least: 0 }, 5.001))).toBe(true);
  });
});

describe('the threshold', () => {
  const of = (scores: number[]) => {
    const calibration = new Calibration();
    for (const score of scores) calibration.add(score);
    return calibration;
  };

  it('is the ⌈(n + 1)(1 − α)⌉th smallest score', () => {
    const scores = range(99, (i) => ((i * 37) % 99) + 1);
    expect(of(scores).threshold(0.01)).toEqual({ value: 99, extended: false, leftOut: 0 });
    expect(of(scores).threshold(0.05)).toEqual({ value: 95, extended: false, leftOut: 0 });
    expect(of(scores).threshold(0.1)).toEqual({ value: 90, extended: false, leftOut: 0 });
  });

  it('is exceeded at the promised rate', () => {
    const random = new Random(4);
    let exceeded = 0;
    for (let i = 0; i < 4000; i++) {
      const { value } = of(range(39, () => random.normal() ** 2)).threshold(0.05);
      exceeded += Number(random.normal() ** 2 > value);
    }
    // 0.05 exactly, in expectation: (n + 1)(1 − α) is whole. Four deviations of the count.
    expect(Math.abs(exceeded / 4000 - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / 4000));
  });

  it('continues as an exponential tail where there are too few scores, and says so', () => {
    // Exponential scores: the true threshold of 0.001 is ln 1000 = 6.9.
    const scores = range(200, (i) => -Math.log(1 - (i + 0.5) / 200));
    const { value, extended } = of(scores).threshold(0.001);
    expect(extended).toBe(true);
    expect(value).toBeGreaterThan(6.2);
    expect(value).toBeLessThan(7.6);
  });

  it('is not set by an anomaly of the calibration', () => {
    const random = new Random(8);
    const scores = range(199, () => Math.abs(random.normal()));
    const clean = of(scores).threshold(0.01);
    const spoilt = of([...scores.slice(1), 1e6]).threshold(0.01);
    expect([clean.leftOut, spoilt.leftOut]).toEqual([0, 1]);
    expect(spoilt.value).toBeLessThan(5);
  });

  it('leaves heavy tails in', () => {
    // Student's t with 3 degrees of freedom.
    const random = new Random(8);
    const t = () =>
      random.normal() / Math.sqrt((random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2) / 3);
    const leftOut = range(50, () => of(range(200, () => Math.abs(t()))).threshold(0.01).leftOut);
    expect(leftOut.reduce((sum, x) => sum + x, 0) / 50).toBeLessThan(0.5);
  });

  it('is that of the last scores alone', () => {
    const random = new Random(6);
    const scores = range(300, () => Math.abs(random.normal()));
    const calibration = new Calibration(50);
    for (const [i, score] of scores.entries()) {
      calibration.add(score);
      if (i % 60 === 59) expect(calibration.threshold(0.1)).toEqual(of(scores.slice(i - 49, i + 1)).threshold(0.1));
    }
    expect(calibration.count).toBe(50);
  });

  it('says nothing of fewer than 20 scores', () => {
    expect(of(range(19, (i) => i)).threshold(0.5).value).toBe(Infinity);
  });

  it('lets a range of false alarms be seen, the wider the less it was calibrated', () => {
    const random = new Random(9);
    const [judged, rate, n] = [500, 0.05, 199];
    const inRange = range(300, () => {
      const { value } = of(range(n, () => random.uniform())).threshold(rate);
      const seen = range(judged, () => random.uniform()).filter((score) => score > value).length;
      const [low, high] = expectedAlarms(judged, rate, n).range;
      return Number(low <= seen && seen <= high);
    });
    const part = inRange.reduce((sum, x) => sum + x, 0) / 300;
    expect(part).toBeGreaterThan(0.9);
    expect(part).toBeLessThan(0.995);
    expect(expectedAlarms(1000, 0.01, 1e9)).toEqual({ mean: 10, range: [3, 17] });
  });
});

describe('anomalies', () => {
  /** Noise of deviation 3 around 50; a forecaster that takes it for 1: its own intervals are worth nothing. */
  const noise = (n: number, seed = 1) => {
    const random = new Random(seed);
    return range(n, () => 50 + 3 * random.normal());
  };
  const wrong = () => normalForecaster('wrong', () => 50, 1);

  it('keep the promised rate of false alarms, whatever the intervals of the forecaster are worth', async () => {
    const found = await detectAnomalies(wrong(), noise(6000), { falseAlarms: 0.02 });
    expect([found.judged, found.calibration, found.extended]).toEqual([4992, 1000, false]);
    expect(found.flagged).toBeGreaterThanOrEqual(found.expected.range[0]);
    expect(found.flagged).toBeLessThanOrEqual(found.expected.range[1]);
    expect(found.expected.mean).toBeCloseTo(0.02 * 4992, 9);
    // z is three times too large: the threshold says so.
    expect(found.threshold).toBeGreaterThan(6);
    const own = await detectAnomalies(wrong(), noise(600), { level: 98 });
    expect(own.flagged / own.judged).toBeGreaterThan(0.3);
  });

  it('keep the rate where a series grows ever less predictable', async () => {
    const random = new Random(3);
    const values = range(4000, (t) => 50 + (1 + t / 500) * random.normal());
    const found = await detectAnomalies(wrong(), values, { falseAlarms: 0.02, calibration: 400 });
    // The rate of the last thousand, not one that has grown with the noise.
    const late = found.rows.slice(3000).filter(({ anomaly }) => anomaly).length;
    expect(late).toBeGreaterThan(5);
    expect(late).toBeLessThan(45);
  });

  it('are found, with what was expected and by how much they are off', async () => {
    const values = noise(400);
    for (const t of [250, 300, 399]) values[t] = t === 300 ? 20 : 90;
    const { rows } = await detectAnomalies(wrong(), values, { falseAlarms: 0.005 });
    for (const t of [250, 300, 399]) expect(rows[t]).toMatchObject({ anomaly: true, expected: 50, phase: 'judged' });
    for (const row of rows) {
      if (row.phase === 'start') continue;
      expect(row.anomaly).toBe(row.value < row.low || row.value > row.high);
    }
    expect(rows[300].score).toBeCloseTo(30, 6);
    expect(rows[0]).toMatchObject({ phase: 'start', anomaly: false, score: NAN });
  });

  it('in the calibration are flagged in hindsight', async () => {
    const values = noise(400);
    values[60] = 500;
    const { rows, calibration } = await detectAnomalies(wrong(), values, { falseAlarms: 0.01 });
    expect(calibration).toBe(196);
    expect(rows[60]).toMatchObject({ anomaly: true, phase: 'calibration' });
    expect(rows.filter(({ anomaly }) => anomaly).length).toBeLessThan(10);
  });

  it('do not drag the next forecasts along: they enter the history drawn in', async () => {
    const values = noise(300);
    values[250] = 200;
    const fake = () => normalForecaster('last', lastSeen, 1);
    const { rows } = await detectAnomalies(fake(), values, { falseAlarms: 0.01 });
    expect([rows[250].anomaly, rows[251].anomaly]).toEqual([true, false]);
    // Halfway to the bound that was crossed.
    expect(rows[251].expected).toBeCloseTo((rows[250].expected + rows[250].high) / 2, 9);
    const kept = await detectAnomalies(fake(), values, { falseAlarms: 0.01, keep: true });
    expect([kept.rows[251].expected, kept.rows[251].anomaly]).toEqual([200, true]);
  });

  it('in a row are a new level after a while', async () => {
    const values = noise(300).map((x, t) => (t < 250 ? x : x + 100));
    const { rows } = await detectAnomalies(normalForecaster('last', lastSeen, 1), values, { patience: 3 });
    expect(rows.slice(249, 256).map(({ anomaly }) => anomaly)).toEqual([false, true, true, true, false, false, false]);
  });

  it('that come back with every season are usual after some of them', async () => {
    const values = noise(600).map((x, t) => x + (t >= 240 && t % 12 === 5 ? 30 : 0));
    const yearAgo = normalForecaster('year', (past) => past[past.length - 12], 1);
    const { rows } = await detectAnomalies(yearAgo, values, { start: 24, calibration: 200, falseAlarms: 0.005 });
    const flags = rows.flatMap(({ anomaly }, t) => (t >= 240 && t % 12 === 5 ? [anomaly] : []));
    expect(flags.slice(0, 2)).toEqual([true, true]);
    expect(flags.slice(-15).filter(Boolean).length).toBeLessThan(3);
  });

  it('pass over missing values', async () => {
    const values = noise(200);
    values[150] = NAN;
    const { rows, judged } = await detectAnomalies(wrong(), values);
    expect(rows[150]).toMatchObject({ anomaly: false, score: NAN });
    expect(rows[150].expected).toBe(50);
    expect(judged).toBe(rows.filter(({ phase }) => phase === 'judged').length - 1);
  });

  it('of a constant series are what is not constant', async () => {
    const values = new Array(100).fill(7);
    values[80] = 8;
    const snaive = await openBaseline('snaive');
    const { rows } = await detectAnomalies(snaive, values, { season: 1 });
    expect(rows.flatMap(({ anomaly }, t) => (anomaly ? [t] : []))).toEqual([80]);
    expect(Number.isFinite(rows[80].score)).toBe(true);
  });

  it('can be looked for with a forecast every so many values', async () => {
    const values = noise(200);
    values[190] = 100;
    const fake = wrong();
    const { rows } = await detectAnomalies(fake, values, { every: 16 });
    expect(rows[190].anomaly).toBe(true);
    expect(fake.calls.length).toBe(Math.ceil((200 - 8) / 16));
  });

  it('are the same value by value, through the stream that a forecaster has', async () => {
    const values = noise(300);
    values[280] = 90;
    const whole = await detectAnomalies(wrong(), values, { calibration: 100 });
    const inner = wrong();
    const seen: number[] = [];
    const streaming = {
      ...inner,
      stream: ({ season }: { season?: number | readonly number[] } = {}) => ({
        observe: (x: number) => void seen.push(x),
        forecast: async (options: object) =>
          (await inner.forecastAll([seen], { horizon: 1, ...options, ...(season !== undefined && { season }) }))[0],
      }),
    };
    const detector = new AnomalyDetector(streaming, { calibration: 100 });
    const judged = [];
    for (const value of values) judged.push(await detector.next(value));
    expect(judged.slice(108)).toEqual(whole.rows.slice(108));
    expect(judged[280].anomaly).toBe(true);
    expect(seen[280]).toBeCloseTo((judged[280].expected + judged[280].high) / 2, 9);
    expect([detector.calibrated, detector.threshold.value]).toEqual([100, whole.threshold]);
  });

  it('refuse what can’t be meant', async () => {
    const ask = (options: object, values: Values = noise(100)) => detectAnomalies(wrong(), values, options);
    await expect(ask({ falseAlarms: 1 })).rejects.toThrow('falseAlarms is 1, expected the share of normal values');
    await expect(ask({ falseAlarms: 0 })).rejects.toThrow('falseAlarms is 0');
    await expect(ask({ level: 100 })).rejects.toThrow('level is 100');
    await expect(ask({ level: 95, falseAlarms: 0.1 })).rejects.toThrow('level and falseAlarms are both given');
    await expect(ask({ calibration: 5 })).rejects.toThrow('calibration is 5, expected a whole number ≥ 20');
    await expect(ask({ every: 0 })).rejects.toThrow('every is 0');
    await expect(ask({}, noise(30))).rejects.toThrow('22 values come after the first 8, expected at least 40');
    await expect(ask({}, [1, Infinity])).rejects.toThrow('values[1] is Infinity');
    await expect(new AnomalyDetector(wrong()).next(Infinity)).rejects.toThrow('the value is Infinity');
  });
});
