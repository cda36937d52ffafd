import { describe, expect, it } from 'vitest';
import { lastValue, normalForecaster } from '../../../../test/support/forecasters.ts';
import { Random } from '../../../core/src/random.ts';
import { backtest, crossValidate, historical, type Window } from '../../src/backtest/index.ts';
import { relative } from '../../src/backtest/scores.ts';
import { openBaseline } from '../../src/baselines/index.ts';
import { mase, quantileSums, smape, wqlOf } from '../../src/metrics/index.ts';

const range = (n: number, of: (t: number) => number = (t) => t) => Array.from({ length: n }, (_, t) => of(t));

async function windowsOf(...args: Parameters<typeof crossValidate>): Promise<Window[]> {
  const found: Window[] = [];
  for await (const { windows } of crossValidate(...args)) found.push(...windows);
  return found;
}

describe('rolling origins', () => {
  const naive = () => normalForecaster('fake', lastValue);

  it('stand a step apart, the last one a horizon before the end', async () => {
    const fake = naive();
    const found = await windowsOf([fake], [{ id: 'a', values: range(20) }], { horizon: 3, windows: 3, step: 2 });
    expect(found.map(({ cutoff }) => cutoff)).toEqual([13, 15, 17]);
    expect(found.map(({ truth }) => [...truth])).toEqual([
      [13, 14, 15],
      [15, 16, 17],
      [17, 18, 19],
    ]);
    // Nothing of what is to come was shown.
    expect(fake.calls.map(({ series }) => series)).toEqual([[range(13), range(15), range(17)]]);
    expect(found.map(({ forecasts }) => forecasts.fake.median)).toEqual([
      [12, 12, 12],
      [14, 14, 14],
      [16, 16, 16],
    ]);
    expect(Object.keys(found[0].forecasts.fake.intervals!)).toEqual(['80', '95']);
  });

  it('are a horizon apart where nobody says, and leave out those before the first value', async () => {
    const values = range(10).fill(Number.NaN, 0, 4);
    const found = await windowsOf([naive()], [{ id: 'a', values }], { horizon: 2, windows: 9 });
    expect(found.map(({ cutoff }) => cutoff)).toEqual([6, 8]);
  });

  it('read null as missing, not as 0, and leave out what lies behind a gap longer than what is read', async () => {
    const withNull = [3, null, 4, 5, 6, null, 7, 8] as number[];
    const [window] = await windowsOf([naive()], [{ id: 'a', values: withNull }], { horizon: 3 });
    expect([...window.truth]).toEqual([Number.NaN, 7, 8]);
    const gap = [1, 2, 3, ...Array(5000).fill(Number.NaN), 4, 5, 6, 7];
    const found = await windowsOf([naive()], [{ id: 'a', values: gap }], { horizon: 2, windows: 4, step: 1 });
    expect(found.map(({ cutoff }) => cutoff)).toEqual([5004, 5005]);
  });

  it('are forecast in batches of one season', async () => {
    const fake = naive();
    const series = [12, 12, 4, 12].map((season, i) => ({ id: String(i), values: range(30), season }));
    await windowsOf([fake], series, { horizon: 1, windows: 2, batch: 3 });
    expect(fake.calls.map(({ series }) => series.length)).toEqual([3, 1, 2, 2]);
  });

  it('refuse what can’t be meant', async () => {
    const ask = (options: object, forecasters = [naive()]) =>
      windowsOf(forecasters, [{ id: 'a', values: range(9) }], { horizon: 2, ...options });
    await expect(ask({ horizon: 0 })).rejects.toThrow('horizon is 0, expected a whole number from 1');
    await expect(ask({ windows: 1.5 })).rejects.toThrow('backtest: windows is 1.5, expected a whole number ≥ 1.');
    await expect(ask({ step: 0 })).rejects.toThrow('backtest: step is 0');
    await expect(ask({ levels: [100] })).rejects.toThrow('levels[0] is 100');
    await expect(ask({ season: -2 })).rejects.toThrow('season is -2');
    await expect(ask({}, [])).rejects.toThrow('there are no forecasters');
    await expect(ask({}, [naive(), naive()])).rejects.toThrow("there are two forecasters 'fake'");
  });
});

describe('backtest', () => {
  const random = new Random(2);
  const series = [
    { id: 'small', values: range(60, (t) => 3 + Math.sin(t / 2) + random.normal() / 5) },
    { id: 'large', values: range(50, (t) => 300 + 9 * t + 20 * random.normal()) },
  ];
  const options = { horizon: 4, windows: 3, season: 1 };

  it('says what plain loops over its windows say', async () => {
    const fake = normalForecaster('fake', lastValue, 5);
    const windows: Window[] = [];
    const run = backtest(fake, series, options);
    for await (const window of run) windows.push(window);
    const { overall, series: rows } = await run;
    expect(windows.length).toBe(6);
    const of = (id: string, f: (w: Window) => number) => {
      const own = windows.filter((w) => w.id === id);
      return own.reduce((sum, w) => sum + f(w) / own.length, 0);
    };
    for (const row of rows) {
      const { values } = series.find(({ id }) => id === row.id)!;
      const maseOf = (w: Window) => mase(w.truth, w.forecasts.fake.median, values.slice(0, w.cutoff), 1);
      expect(row.mase).toBeCloseTo(of(row.id, maseOf), 12);
      expect(row.smape).toBeCloseTo(
        of(row.id, (w) => smape(w.truth, w.forecasts.fake.median)),
        12,
      );
    }
    expect(overall[0].mase).toBeCloseTo((rows[0].mase + rows[1].mase) / 2, 12);
    expect(overall[0].wql).toBeCloseTo(
      wqlOf(windows.map((w) => quantileSums(w.truth, w.forecasts.fake.quantiles))),
      12,
    );
    const held = windows.flatMap(({ truth, forecasts }) => {
      const { low, high } = forecasts.fake.intervals!['80'];
      return [...truth].map((y, t) => low[t] <= y && y <= high[t]);
    });
    expect(overall[0].coverage['80']).toBeCloseTo(held.filter(Boolean).length / held.length, 12);
    expect(overall[0].coverage['95']).toBeGreaterThanOrEqual(overall[0].coverage['80']);
  });

  it('is relative to the seasonal naive forecast where that is there', async () => {
    const half = normalForecaster('half', (past) => lastValue(past) + 4.5);
    const straight = [{ id: 'line', values: range(40, (t) => 9 * t) }];
    const { overall } = await backtest([half, await openBaseline('snaive')], straight, { horizon: 1, season: 1 });
    expect(overall.map((row) => [row.forecaster, row.mase, row.relative, row.better])).toEqual([
      ['half', 0.5, 0.5, 1],
      ['snaive', 1, 1, 0],
    ]);
    const alone = await backtest([half], straight, { horizon: 1 });
    expect(alone.overall[0].relative).toBeUndefined();
  });

  it('takes plain lists, leaves out what is too short, and says which', async () => {
    const fake = normalForecaster('fake', lastValue);
    const found = await backtest([fake], [range(20), range(3), range(30)], { horizon: 4 });
    expect(found.skipped).toEqual(['1']);
    expect(found.series.map(({ id }) => id)).toEqual(['0', '2']);
    expect(found.overall[0].series).toBe(2);
  });

  it('gives series in the order in which they come, whatever their number', async () => {
    const many = range(7, (i) => i + 1).map((i) => ({ id: `s${i}`, values: range(20, (t) => (i * t) % 7) }));
    const all = await backtest([normalForecaster('fake', lastValue)], many, { horizon: 2, windows: 2, season: 1 });
    const parts = await backtest([normalForecaster('fake', lastValue)], many, {
      ...{ horizon: 2, windows: 2, season: 1, batch: 3 },
    });
    expect(parts.series).toEqual(all.series);
    expect(all.series.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });

  it('counts series without a scale, and leaves them out of MASE alone', async () => {
    const fake = normalForecaster('fake', lastValue);
    const { overall } = await backtest([fake], [range(20), new Array(20).fill(5)], { horizon: 1 });
    expect(overall[0].unscaled).toBe(1);
    expect(overall[0].mase).toBe(1);
    expect(overall[0].smape).toBeCloseTo((200 * 1) / (18 + 19) / 2, 12);
  });

  it('passes over truths that are missing', async () => {
    const values = range(20);
    values[19] = Number.NaN;
    const { overall } = await backtest([normalForecaster('fake', lastValue)], [values], { horizon: 2, season: 1 });
    expect(overall[0].mase).toBe(1);
  });
});

describe('relative errors', () => {
  it('are a geometric mean, within bounds, of what is defined', () => {
    expect(relative([2, 1, Number.NaN], [1, 2, 1])).toBeCloseTo(1, 12);
    expect(relative([0, 1], [0, 4])).toBeCloseTo(0.5, 12);
    expect(relative([0], [1])).toBeCloseTo(0.01, 12);
    expect(relative([1], [0])).toBeCloseTo(100, 12);
  });
});

describe('historical forecasts', () => {
  it('begin at the first value, read null as missing, and refuse a horizon that goes nowhere', async () => {
    const values = [...Array(9).fill(null), 5, 6, 7] as number[];
    const { median } = await historical(normalForecaster('fake', lastValue), values, { horizon: 1, start: 8 });
    expect(median.slice(8)).toEqual([Number.NaN, Number.NaN, 5, 6]);
    const none = historical(normalForecaster('fake', lastValue), range(12), { horizon: 0, start: 8 });
    await expect(none).rejects.toThrow('horizon is 0');
  });

  it('are made from the values before each one', async () => {
    const fake = normalForecaster('fake', lastValue);
    const past = await historical(fake, range(12), { horizon: 1, start: 8, levels: [80] });
    expect(past.median).toEqual([...new Array(8).fill(Number.NaN), 7, 8, 9, 10]);
    expect(past.intervals!['80'].low.length).toBe(12);
    expect(past.intervals!['80'].low[7]).toBeNaN();
    expect(past.intervals!['80'].low[8]).toBeLessThan(7);
    expect(fake.calls[0].series.map((values) => values.length)).toEqual([8, 9, 10, 11]);
  });

  it('stand a horizon apart, and see no more than a context', async () => {
    const fake = normalForecaster('fake', (past, ahead) => lastValue(past) + ahead);
    const past = await historical(fake, range(15), { horizon: 3, start: 8, context: 2 });
    expect(past.median.slice(8)).toEqual([8, 9, 10, 11, 12, 13, 14]);
    expect(fake.calls[0].series).toEqual([
      [6, 7],
      [9, 10],
      [12, 13],
    ]);
  });

  it('need values before the first', async () => {
    const ask = (start?: number) => historical(normalForecaster('fake', lastValue), range(5), { horizon: 1, start });
    await expect(ask()).rejects.toThrow('start is 8, expected a whole number from 1 to 4, as there are 5 values');
    await expect(ask(0)).rejects.toThrow('start is 0');
  });
});
