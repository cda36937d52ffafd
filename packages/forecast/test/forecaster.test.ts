import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../../test/support/compare.ts';
import { fc } from '../../../test/support/random.ts';
import { untrained } from '../../../test/support/untrained.ts';
import { Random } from '../../core/src/random.ts';
import type { Forecaster } from '../src/forecaster.ts';
import type { StreamForecastOptions } from '../src/stream.ts';
import type { Forecast } from '../src/types.ts';

let f: Forecaster;
beforeAll(async () => {
  f = await untrained({ dModel: 24, nLayer: 2 });
});

function walk(length: number, seed: number, missing = 0): number[] {
  const random = new Random(seed);
  let level = 0;
  return Array.from({ length }, (_, t) => {
    level += 0.2 * random.normal();
    const x = level + Math.sin(t / 3.8) + 0.1 * random.normal();
    return random.uniform() < missing ? Number.NaN : x;
  });
}
const numbersOf = ({ mean, median, quantiles }: Forecast) => [mean, median, ...Object.values(quantiles)].flat();
const same = (got: Forecast, want: Forecast, tolerance = 1e-4) =>
  expectClose(numbersOf(got), numbersOf(want), tolerance, 'forecast');

describe('a forecaster', () => {
  it('answers in the form that was asked for', async () => {
    const forecast = await f.forecast(walk(200, 1), { horizon: 20, levels: [80, 95], quantiles: [0.025, 0.5, 0.9] });
    expect(Object.keys(forecast.quantiles)).toEqual(['0.025', '0.1', '0.5', '0.9', '0.975']);
    expect(Object.keys(forecast.intervals ?? {})).toEqual(['80', '95']);
    expect(forecast.mean).toHaveLength(20);
    expect(forecast.quantiles['0.5']).toEqual(forecast.median);
    expect(forecast.quantiles['0.025']).toEqual(forecast.intervals?.['95'].low);
    const [one, two] = await f.forecast([walk(200, 1), walk(50, 2)], { horizon: 3 });
    expect(Object.keys(one.quantiles)).toEqual(['0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7', '0.8', '0.9']);
    expect(two.median).toHaveLength(3);
  });

  it('gives a series the same forecast alone and among others', async () => {
    const series = [300, 7, 64, 1, 1000, 65].map((length, i) => walk(length, i + 1, i === 2 ? 0.3 : 0));
    const together = await f.forecast(series, { horizon: 40, season: 24 });
    for (const [i, values] of series.entries())
      same(together[i], await f.forecast(values, { horizon: 40, season: 24 }));
  });

  it('has quantiles that never cross', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 60 }),
        async (values) => {
          const { quantiles } = await f.forecast(values, { horizon: 18 });
          const rising = Object.values(quantiles);
          for (let i = 1; i < rising.length; i++)
            rising[i].forEach((x, t) => {
              expect(Number.isFinite(x)).toBe(true);
              expect(x).toBeGreaterThanOrEqual(rising[i - 1][t]);
            });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('scales and shifts with the series', async () => {
    const values = walk(300, 5);
    const { median } = await f.forecast(values, { horizon: 30 });
    const moved = await f.forecast(
      values.map((x) => 1e6 * x - 2e7),
      { horizon: 30 },
    );
    expectClose(
      moved.median.map((x) => (x + 2e7) / 1e6),
      median,
      1e-3,
    );
  });

  it('keeps seasons and widths at any level and scale', async () => {
    const values = walk(300, 8).map(
      (x, t) => Math.round(2 ** 10 * (x + 100 + 4 * Math.sin((2 * Math.PI * t) / 24))) / 2 ** 10,
    );
    const width = ({ intervals = {} }: Forecast) => intervals['80'].high.map((x, t) => x - intervals['80'].low[t]);
    const options = { horizon: 30, levels: [80], nonNegative: false };
    const plain = await f.forecast(values, options);
    const lifted = await f.forecast(
      values.map((x) => x + 2 ** 40),
      options,
    );
    expectClose(
      lifted.median.map((x) => x - 2 ** 40),
      plain.median,
      1e-3,
    );
    expectClose(width(lifted), width(plain), 1e-3);
    for (const factor of [2 ** -1030, 2 ** -600, 2 ** -301, 2 ** 300]) {
      const scaled = await f.forecast(
        values.map((x) => factor * x),
        options,
      );
      expectClose(
        scaled.median.map((x) => x / factor),
        plain.median,
        1e-3,
        String(factor),
      );
      const s = f.stream();
      s.observe(values.map((x) => factor * x));
      const { median } = await s.forecast(options);
      expectClose(
        median.map((x) => x / factor),
        plain.median,
        1e-3,
      );
    }
  });

  it('repeats a constant, and a single value', async () => {
    for (const values of [[5, 5, 5, 5, 5], [5], [Number.NaN, 5, Number.NaN], [5, 5 + 1e-300, 5]]) {
      const forecast = await f.forecast(values, { horizon: 3, levels: [95] });
      expect(forecast.median).toEqual([5, 5, 5]);
      expect(forecast.intervals?.['95'].high).toEqual([5, 5, 5]);
    }
  });

  it('answers where values differ by next to nothing, and by next to everything', async () => {
    for (const values of [
      [-9.42055475210265e-16, 0, 5e-324, 0, -5e-324],
      [0, 1e-250, 0, 1e-250, 1e100, 0, 1e-250, 0],
      [1e100, -1e100, 1e100, -1e100, 0, 1e100],
    ]) {
      for (const x of numbersOf(await f.forecast(values, { horizon: 5 }))) expect(Number.isFinite(x)).toBe(true);
    }
  });

  it('answers where differences are too small to divide by', async () => {
    const { median } = await f.forecast([0, 3.55e-15, -5e-324], { horizon: 2 });
    expect(median).toEqual([0, 0]);
  });

  it('reads a spike as a missing value, alone and in a stream', async () => {
    const values = walk(300, 12);
    const [spiked, missing] = [values.slice(), values.slice()];
    spiked[150] = 1e6;
    missing[150] = Number.NaN;
    const forecast = await f.forecast(spiked, { horizon: 20 });
    same(forecast, await f.forecast(missing, { horizon: 20 }));
    const s = f.stream();
    s.observe(spiked.slice(0, 290));
    await s.forecast({ horizon: 20 });
    s.observe(spiked.slice(290));
    same(await s.forecast({ horizon: 20 }), forecast);
  });

  it('stays at or above 0 where the past did, unless told otherwise', async () => {
    const counts = walk(100, 8).map((x) => Math.max(0, Math.round(2 * x)));
    const low = (forecast: Forecast) => Math.min(...numbersOf(forecast));
    expect(low(await f.forecast(counts, { horizon: 60 }))).toBe(0);
    expect(low(await f.forecast(counts, { horizon: 60, nonNegative: false }))).toBeLessThan(0);
    const whole = await f.forecast(counts, { horizon: 10, integer: true });
    expect(whole.median.every(Number.isInteger)).toBe(true);
  });

  it('reads far ahead, and long series', async () => {
    const { median } = await f.forecast(walk(20_000, 9), { horizon: 3000 });
    expect(median).toHaveLength(3000);
    expect(median.every(Number.isFinite)).toBe(true);
  });

  it('says what is wrong with values', async () => {
    const ask = (values: unknown, options: unknown = { horizon: 3 }) =>
      f.forecast(values as number[], options as never);
    await expect(ask([1, 'two', 3])).rejects.toThrow(/values\[1\] is "two", expected a number/);
    await expect(ask([1, Infinity])).rejects.toThrow(/values\[1\] is Infinity/);
    await expect(ask([])).rejects.toThrow(/values is empty/);
    await expect(ask([Number.NaN, Number.NaN])).rejects.toThrow(/all 2 of values are missing/);
    await expect(
      ask([
        [1, 2],
        [1, Infinity],
      ]),
    ).rejects.toThrow(/series 1\[1\] is Infinity/);
    await expect(ask('1,2,3')).rejects.toThrow(/values is "1,2,3", expected a list/);
    await expect(ask(undefined)).rejects.toThrow(/values is undefined/);
    await expect(ask([1, 2, 3], { horizon: 0 })).rejects.toThrow(/horizon is 0/);
    await expect(ask([1, 2, 3], { horizon: 1e6 })).rejects.toThrow(/horizon is 1000000/);
    await expect(ask([1, 2, 3], { horizon: 3, levels: [100] })).rejects.toThrow(/levels\[0\] is 100/);
    await expect(f.forecast([], { horizon: 3 })).rejects.toThrow(/empty/);
  });
});

describe('values that come after nothing else was known', () => {
  const late = Array.from({ length: 200 }, (_, i) => 50 + 10 * Math.sin(i));
  const cases: [string, number[]][] = [
    ['missing ones', [...Array(288).fill(Number.NaN), ...late.slice(0, 10)]],
    ['zeros', [...Array(288).fill(0), ...late.slice(0, 10)]],
    ['more missing ones than are read', [...Array(5000).fill(Number.NaN), ...late.slice(0, 100)]],
    ['more zeros than are read', [...Array(4864).fill(0), ...late]],
  ];

  it.each(cases)('are read, after %s, at once and in a stream', async (_, values) => {
    const options = { horizon: 20, levels: [80], nonNegative: false };
    const whole = await f.forecast(values, options);
    // Measured by what came before, everything was 0 for certain.
    const { low, high } = whole.intervals!['80'];
    expect(high[0] - low[0]).toBeGreaterThan(1);
    const s = f.stream();
    s.observe(values.slice(0, -5));
    const before = await s.forecast(options);
    same(before, await f.forecast(values.slice(0, -5), options), 1e-3);
    s.observe(values.slice(-5));
    same(await s.forecast(options), whole, 1e-3);
    s.dispose();
  });

  it('refuses a series of which all that is read is missing', async () => {
    const values = [1, 2, 3, ...Array(5000).fill(Number.NaN)];
    await expect(f.forecast(values, { horizon: 3 })).rejects.toThrow(/the last 4235 of values are all missing/);
    await expect(f.forecast([[1, 2], values], { horizon: 3 })).rejects.toThrow(/of series 1 are all missing/);
    const s = f.stream();
    s.observe(values);
    await expect(s.forecast({ horizon: 3 })).rejects.toThrow(/the last 4235 of the values observed are all missing/);
    s.observe(4);
    same(await s.forecast({ horizon: 3 }), await f.forecast([...values, 4], { horizon: 3 }));
  });
});

describe('a stream', () => {
  it('has the forecast of the whole series at any moment, however its values arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 700 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(undefined, 1, 24),
        fc.constantFrom(0, 0.2),
        async (begin, parts, season, missing) => {
          const values = walk(begin + parts.reduce((a, b) => a + b, 0), begin, missing);
          values[0] = 1;
          const s = f.stream({ season });
          let at = begin;
          s.observe(values.slice(0, at));
          for (const part of parts) {
            same(await s.forecast({ horizon: 20 }), await f.forecast(values.slice(0, at), { horizon: 20, season }));
            for (const x of values.slice(at, at + part)) s.observe(x);
            at += part;
          }
          same(await s.forecast({ horizon: 33 }), await f.forecast(values, { horizon: 33, season }));
          expect(s.count).toBe(values.length);
          s.dispose();
        },
      ),
      { numRuns: 15 },
    );
  });

  it('has the forecast of the whole series where a short window is read as well', async () => {
    for (const [season, seed] of [
      [undefined, 5],
      [24, 6],
      [500, 7],
    ] as const) {
      const values = walk(5200, seed, 0.05);
      const s = f.stream({ season });
      let at = 0;
      for (const end of [1270, 1290, 1331, 2300, 4095, 5200]) {
        s.observe(values.slice(at, end));
        at = end;
        same(await s.forecast({ horizon: 20 }), await f.forecast(values.slice(0, at), { horizon: 20, season }));
      }
      s.dispose();
    }
  });

  it('continues for long in bounded memory, and from a saved state as if it had not stopped', async () => {
    const values = walk(30_000, 11);
    const s = f.stream();
    s.observe(values.slice(0, 21_003));
    await s.forecast({ horizon: 5 });
    const saved = JSON.stringify(s.save());
    expect(saved.length).toBeLessThan(100_000);
    const later = f.restoreStream(JSON.parse(saved));
    for (const stream of [s, later]) {
      stream.observe(values.slice(21_003));
      expect(stream.count).toBe(30_000);
      same(await stream.forecast({ horizon: 24 }), await f.forecast(values, { horizon: 24 }));
    }
    expect(JSON.stringify(later.save()).length).toBeLessThan(100_000);
  });

  it('refuses what is no value, a season too late, and a state that is none', async () => {
    const s = f.stream();
    await expect(s.forecast({ horizon: 3 })).rejects.toThrow(/nothing was observed yet/);
    expect(() => s.observe('3' as never)).toThrow(/is "3", expected a number/);
    expect(() => s.observe([1, Infinity])).toThrow(/Infinity/);
    expect(s.count).toBe(0);
    s.observe([1, 2, 3]);
    await expect(s.forecast({ horizon: 3, season: 2 } as StreamForecastOptions)).rejects.toThrow(
      /is an option of the stream/,
    );
    await expect(s.forecast({ horizon: 3, lower: 5, upper: 0 })).rejects.toThrow(/lower is 5 and upper is 0/);
    expect(() => f.restoreStream({ version: 2 } as never)).toThrow(/no state of a stream/);
    expect(() => f.stream({ season: 0 })).toThrow(/season is 0/);
    expect(() => f.stream({ lower: 0 } as never)).toThrow(/unknown option 'lower', expected season/);
  });

  it('takes null and typed arrays, as a series does', async () => {
    const s = f.stream();
    s.observe(Float32Array.of(1, 2, 3));
    s.observe(null);
    s.observe([5, null]);
    expect(() => s.observe(undefined as never)).toThrow(/the value is undefined/);
    expect(() => s.observe([6, undefined as never])).toThrow(/values\[1\] is undefined/);
    same(await s.forecast({ horizon: 3 }), await f.forecast([1, 2, 3, Number.NaN, 5, Number.NaN], { horizon: 3 }));
  });

  it('is not restored from a state that lacks or has too much', () => {
    const s = f.stream();
    s.observe(walk(5000, 3));
    const state = JSON.parse(JSON.stringify(s.save()));
    expect(f.restoreStream(state).count).toBe(5000);
    const wrong = [null, {}, { ...state, count: 9000 }, { ...state, count: '5000' }, { ...state, values: [1] }];
    for (const one of wrong) expect(() => f.restoreStream(one as never)).toThrow(/no state of a stream/);
    state.values[7] = 'seven';
    expect(() => f.restoreStream(state)).toThrow(/values\[7\] is "seven"/);
  });
});
