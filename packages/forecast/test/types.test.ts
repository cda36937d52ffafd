/** Types of the public API: what the options say is in the type of the answer. The compiler checks most of it. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { lastValue, normalForecaster } from '../../../test/support/forecasters.ts';
import {
  backtest,
  type CovariateReport,
  detectAnomalies,
  type Forecast,
  Forecaster,
  type ForecastOptions,
  type Interval,
  openTimeTable,
  type SeriesForecaster,
} from '../src/index.ts';

const own: SeriesForecaster = normalForecaster('own', lastValue);
const f = new Forecaster(own);
const y = [3, 5, 4, 6, 5, 7];

describe('the type of a forecast', () => {
  it('has intervals where levels are given', async () => {
    const { intervals } = await f.forecast(y, { horizon: 7, levels: [80, 95] });
    expect(intervals['80'].low).toHaveLength(7);
    expectTypeOf(intervals['95'].high).toEqualTypeOf<number[]>();
    const [first] = await f.forecast([y, y], { horizon: 7, levels: [80] });
    expect(first.intervals['80'].high).toHaveLength(7);
    const levels: number[] = [90];
    const listed = await f.forecast(y, { horizon: 1, levels });
    expectTypeOf(listed.intervals).toExtend<Record<string, Interval>>();
    const key: string = '90';
    expect(listed.intervals[key].low).toHaveLength(1);
  });

  it('may have intervals where the options do not say', async () => {
    const options: ForecastOptions = { horizon: 1 };
    const { intervals, covariates } = await f.forecast(y, options);
    expectTypeOf(intervals).toEqualTypeOf<Record<string, Interval> | undefined>();
    expectTypeOf(covariates).toEqualTypeOf<CovariateReport | undefined>();
  });

  it('has what covariates and intermittent demand are told', async () => {
    const found = await f.forecast(y, { horizon: 1, known: { x: [1, 2, 3, 4, 5, 6, 7] }, intermittent: true });
    expect(found.covariates.dropped).toEqual(['x']);
    expectTypeOf(found.demand).toEqualTypeOf<number>();
    const [together] = await f.forecast([y, y], { horizon: 1, together: true });
    expectTypeOf(together.covariates).toEqualTypeOf<CovariateReport>();
  });

  it('is that of a forecast, whatever the options are', async () => {
    const forecasts: Forecast[] = await f.forecast([y, y], { horizon: 1, levels: [80], together: true });
    expect(forecasts).toHaveLength(2);
  });

  it('of a table streams, and is awaited', async () => {
    const result = f.forecast(await openTimeTable({ text: 'y\n1\n2\n3' }), { horizon: 2, levels: [80] });
    for await (const { series, forecast } of result) {
      expectTypeOf(series.id).toEqualTypeOf<string>();
      expect(forecast.intervals['80'].low).toHaveLength(2);
    }
    const all = f.forecast(await openTimeTable({ text: 'y\n1\n2\n3' }), { horizon: 2 });
    expectTypeOf((await all)[0].forecast.median).toEqualTypeOf<number[]>();
  });
});

describe('the compiler refuses', () => {
  it('names that are no options, and those of other inputs', async () => {
    // @ts-expect-error a slip
    await expect(f.forecast(y, { horizon: 1, level: [80] })).rejects.toThrow("Did you mean 'levels'?");
    // @ts-expect-error no horizon
    await expect(f.forecast(y, {})).rejects.toThrow('horizon is missing');
    // @ts-expect-error columns belong to tables
    await expect(f.forecast(y, { horizon: 1, known: ['x'] })).rejects.toThrow('known is ["x"]');
    // @ts-expect-error a value of another type
    await expect(f.forecast(y, { horizon: 1, season: 'weekly' })).rejects.toThrow('season is "weekly"');
  });
});

it('anomalies and backtests take the same inputs', async () => {
  const values = Array.from({ length: 60 }, (_, t) => (t * 7) % 5);
  const table = await openTimeTable({ text: `y\n${values.join('\n')}` });
  const [one, several] = [await detectAnomalies(own, values), await detectAnomalies(f, [values])];
  expect(several).toEqual([one]);
  const [{ series, detection }] = await detectAnomalies(own, table);
  expect(series.id).toBe('y');
  expect(detection).toEqual(one);
  const scores = await backtest(own, values, { horizon: 4 });
  expect((await backtest([own], [values], { horizon: 4 })).series).toEqual(scores.series);
  const again = await openTimeTable({ text: `y\n${values.join('\n')}` });
  expect((await backtest(own, again, { horizon: 4 })).series[0].mae).toBe(scores.series[0].mae);
});

it('a forecaster is disposed of where its scope ends', async () => {
  let disposed = 0;
  {
    using forecaster = new Forecaster({ ...own, dispose: () => void disposed++ });
    using stream = forecaster.stream();
    stream.observe(y);
    expect((await stream.forecast({ horizon: 1 })).median).toEqual([7]);
  }
  expect(disposed).toBe(1);
});
