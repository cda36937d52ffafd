/** What is asked of the past: anomalies and backtests. */
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../../test/support/random.ts';
import { detectAnomalies } from '../../forecast/src/anomalies/index.ts';
import { backtest } from '../../forecast/src/backtest/index.ts';
import { openBaseline } from '../../forecast/src/baselines/index.ts';
import { type AnomaliesAnswer, type BacktestAnswer, createHandler } from '../src/index.ts';
import { post } from './ask.ts';
import { fakeForecaster } from './fake.ts';

const forecaster = fakeForecaster();
const handler = createHandler({ forecaster, limits: { forecasts: 500 } });
const random = uniforms(3);
const days = (n: number) =>
  Array.from({ length: n }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10));
const noisy = (n: number) => Array.from({ length: n }, (_, t) => 50 + 10 * (t % 7) + random());

describe('POST /v1/anomalies', () => {
  const anomalies = (body: unknown) => post(handler, '/v1/anomalies', body);

  it('finds the one value that does not belong, with its time', async () => {
    const values = noisy(120);
    values[100] = 400;
    const { status, json } = await anomalies({ series: [{ id: 'a', values, times: days(120) }], falseAlarms: 0.02 });
    expect(status).toBe(200);
    const [found] = (json as unknown as AnomaliesAnswer).series;
    expect(found.id).toBe('a');
    expect(found.anomaly[100]).toBe(true);
    expect(found.times?.[100]).toBe('2026-04-11');
    expect(found.flagged).toBe(found.anomaly.slice(found.judgedFrom).filter(Boolean).length);
    expect(found.high[100]).toBeLessThan(400);
    // Of the start nothing was forecast.
    expect([found.expected[0], found.score[0]]).toEqual([null, null]);
    // The season came from the times.
    const own = await detectAnomalies(forecaster, values, { falseAlarms: 0.02, season: [7] });
    expect(found.expected.slice(-20)).toEqual(own.rows.slice(-20).map(({ expected }) => expected));
    expect(found.falseAlarms).toEqual({ rate: 0.02, ...own.expected });
  });

  it.each([
    [{ series: noisy(5) }, 422, 'series[0]', 'anomalies: 0 values come after the first 8, expected at least'],
    [
      { series: noisy(120), falseAlarms: 0 },
      400,
      'falseAlarms',
      'falseAlarms is 0, expected the share of normal values that may be flagged, above 0 and at most 0.5',
    ],
    [
      { series: noisy(120), falseAlarms: 0.1, level: 90 },
      422,
      'series[0]',
      'anomalies: level and falseAlarms are both given',
    ],
    [{ series: noisy(501) }, 400, 'series', 'the request has 501 forecasts of the past, expected at most 500.'],
    [
      { series: [{ values: [1], known: {} }] },
      400,
      'series[0].known',
      "unknown field 'series[0].known', expected id, values, times.",
    ],
    [{ series: noisy(9), horizon: 3 }, 400, 'horizon', "unknown field 'horizon', expected series, falseAlarms, level"],
  ])('refuses %j with %d', async (body, status, path, message) => {
    const answer = await anomalies(body);
    expect(answer.json.error.message).toContain(message);
    expect({ status: answer.status, path: answer.json.error.path }).toEqual({ status, path });
  });
});

describe('POST /v1/backtest', () => {
  const ask = (body: unknown) => post(handler, '/v1/backtest', body);

  it('says what the function says', async () => {
    const series = [noisy(60), noisy(80)];
    const { status, json } = await ask({
      series,
      horizon: 7,
      windows: 3,
      season: 7,
      levels: [80],
      baselines: ['naive'],
    });
    expect(status).toBe(200);
    const { model, overall, series: rows, skipped, notes } = json as unknown as BacktestAnswer;
    const own = await backtest([forecaster, await openBaseline('naive')], series, {
      horizon: 7,
      windows: 3,
      season: 7,
      levels: [80],
    });
    const timeless = (all: BacktestAnswer['overall']) => all.map(({ seconds, perSecond, ...scores }) => scores);
    expect(model).toBe('fake');
    expect(timeless(overall)).toEqual(timeless(own.overall));
    expect(rows).toEqual(own.series);
    expect({ skipped, notes }).toEqual({ skipped: [], notes: [] });
    // The season is worth something here.
    expect(overall[0].mase).toBeLessThan(0.2 * overall[1].mase);
  });

  it('takes seasons from times, and names series that are too short', async () => {
    const series = [
      { id: 'long', values: noisy(70), times: days(70) },
      { id: 'short', values: [1, 2] },
    ];
    const { json } = await ask({ series, horizon: 7 });
    const { overall, series: rows, skipped } = json as unknown as BacktestAnswer;
    expect(skipped).toEqual(['short']);
    expect(rows.map(({ id, season, forecaster }) => [id, season, forecaster])).toEqual([
      ['long', 7, 'fake'],
      ['long', 7, 'snaive'],
    ]);
    expect(overall[0].relative).toBe(1);
  });

  it('compares with no baseline where the list is empty, and with each once', async () => {
    const forecasters = async (baselines: string[]) => {
      const { json } = await ask({ series: noisy(60), horizon: 3, baselines });
      return (json as unknown as BacktestAnswer).overall.map(({ forecaster }) => forecaster);
    };
    expect(await forecasters([])).toEqual(['fake']);
    expect(await forecasters(['naive', 'naive'])).toEqual(['fake', 'naive']);
  });

  it.each([
    [
      { series: noisy(60) },
      'horizon',
      'horizon is missing, expected a whole number from 1 to 100000. Give the number of steps ahead.',
    ],
    [
      { series: noisy(60), horizon: 3, baselines: ['arima'] },
      'baselines[0]',
      /^baselines\[0\] is "arima", expected one of snaive, naive, .*\. arima is slow: use it in mamba-ts backtest/,
    ],
    [
      { series: noisy(60), horizon: 3, baselines: ['naiv'] },
      'baselines[0]',
      /^baselines\[0\] is "naiv", expected one of snaive, naive, .*\. Did you mean 'naive'\?/,
    ],
    [{ series: noisy(60), horizon: 3, baselines: 'naive' }, 'baselines', 'a list of snaive, naive, '],
    [{ series: noisy(60), horizon: 3, windows: 0 }, 'windows', 'windows is 0, expected a whole number ≥ 1.'],
    [
      { series: noisy(60), horizon: 3, windows: 251 },
      'series',
      'the request has 502 forecasts of the past, expected at most 500.',
    ],
    [
      { series: noisy(60), horizon: 3, quantiles: [0.5] },
      'quantiles',
      "unknown field 'quantiles', expected series, horizon, windows",
    ],
  ])('400 for %j', async (body, path, message) => {
    const { status, json } = await ask(body);
    expect(json.error.message).toMatch(message);
    expect({ status, path: json.error.path }).toEqual({ status: 400, path });
  });
});

describe('a forecaster that streams', () => {
  it('reads anomalies value by value, and stops when the request is given up', async () => {
    const abort = new AbortController();
    let observed = 0;
    const streaming = {
      ...fakeForecaster(),
      stream: () => ({
        observe: () => {
          observed++;
          if (observed === 60) abort.abort();
        },
        forecast: async () => (await forecaster.forecastAll([[1, 2, 4]], { horizon: 1 }))[0],
      }),
    };
    const one = createHandler({ forecaster: streaming });
    const { status } = await post(one, '/v1/anomalies', { series: noisy(120) }, { signal: abort.signal });
    expect(streaming.calls).toEqual([]);
    expect({ status, observed }).toEqual({ status: 499, observed: 60 });
  });
});
