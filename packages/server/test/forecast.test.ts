import { describe, expect, it } from 'vitest';
import { createHandler } from '../src/index.ts';
import { post } from './ask.ts';
import { fakeForecaster, naive } from './fake.ts';

const forecaster = fakeForecaster();
const handler = createHandler({
  forecaster,
  limits: { series: 5, points: 100, horizon: 20, numbers: 600, body: 4000 },
});
const forecast = (body: unknown, init?: RequestInit) => post(handler, '/v1/forecast', body, init);

describe('POST /v1/forecast', () => {
  it('answers one series of numbers', async () => {
    const { status, json, headers } = await forecast({ series: [1, 2, 3, 4], horizon: 3, season: 2, levels: [80] });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(json).toEqual({ model: 'fake', forecasts: [naive([1, 2, 3, 4], { horizon: 3, season: 2, levels: [80] })] });
  });

  it('answers several series in order, and gives ids back', async () => {
    const arrays = await forecast({ series: [[1, 2], [5], [7, 8, 9]], horizon: 1 });
    expect(arrays.json.forecasts).toMatchObject([{ mean: [2] }, { mean: [5] }, { mean: [9] }]);
    const named = await forecast({
      series: [{ id: 'a', values: [1] }, { id: 7, values: [2] }, { values: [3] }],
      horizon: 1,
    });
    expect(named.json.forecasts).toMatchObject([{ id: 'a', mean: [1] }, { id: 7, mean: [2] }, { mean: [3] }]);
    expect((named.json.forecasts as object[])[2]).not.toHaveProperty('id');
  });

  it('takes every option of a forecast, and combines them', async () => {
    const values = Array.from({ length: 40 }, (_, t) => (t % 3 === 0 ? 4 : 0));
    const times = values.map((_, t) => new Date(Date.UTC(2026, 0, 1 + t)).toISOString().slice(0, 10));
    const series = [{ id: 'a', values, times, past: { other: values.map((x) => 2 * x) } }];
    const options = { lower: 0, upper: 4, intermittent: true, integer: true, calendar: ['weekday'], holidays: 'DE' };
    const { status, json } = await post(createHandler({ forecaster }), '/v1/forecast', {
      ...{ series, horizon: 2, from: '2026-02-12', levels: [80], mode: 'regress-first' },
      ...options,
    });
    expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
    const [found] = json.forecasts as Record<string, unknown>[];
    expect(found).toMatchObject({ id: 'a', times: ['2026-02-12', '2026-02-13'], demand: expect.any(Number) });
    const { used, dropped } = found.covariates as { used: string[]; dropped: string[] };
    expect([...used, ...dropped].sort()).toEqual(['holiday', 'holiday +1', 'holiday -1', 'other', 'weekday']);
    for (const row of Object.values(found.quantiles as Record<string, number[]>)) {
      for (const x of row) expect([0, 1, 2, 3, 4]).toContain(x);
    }
    const both = { series: [values, values], horizon: 2, together: true };
    const together = await post(createHandler({ forecaster }), '/v1/forecast', both);
    expect(together.json.forecasts).toMatchObject([{ covariates: {} }, { covariates: {} }]);
  });

  it('reads null as a missing value', async () => {
    const seen: number[][] = [];
    const spy = {
      name: 'spy',
      forecastAll: async (series: readonly ArrayLike<number>[]) => {
        seen.push(...series.map((one) => Array.from(one)));
        return series.map((one) => naive(one, { horizon: 1 }));
      },
    };
    const { status } = await post(createHandler({ forecaster: spy }), '/v1/forecast', {
      series: [1, null, 3],
      horizon: 1,
    });
    expect(status).toBe(200);
    expect(seen).toEqual([[1, Number.NaN, 3]]);
  });

  it.each([
    [{ series: [1, 'abc'], horizon: 1 }, 'series[1]', 'series[1] is "abc", expected a number or null.'],
    [{ series: ['abc'], horizon: 1 }, 'series[0]', 'series[0] is "abc", expected a number or null.'],
    [{ series: [[1], [2, true]], horizon: 1 }, 'series[1][1]', 'series[1][1] is true, expected a number or null.'],
    [{ series: [[1], 2], horizon: 1 }, 'series[1]', 'series[1] is 2, expected an array of numbers.'],
    [
      { series: [{ values: [1] }, { values: [1, 'x'] }], horizon: 1 },
      'series[1].values[1]',
      'series[1].values[1] is "x", expected a number or null.',
    ],
    [
      { series: [{ id: 'a' }], horizon: 1 },
      'series[0].values',
      'series[0].values is missing, expected an array of numbers.',
    ],
    [
      { series: [{ value: [1] }], horizon: 1 },
      'series[0].value',
      "unknown field 'series[0].value', expected id, values, times, known, past. Did you mean 'values'?",
    ],
    [
      { series: [{ values: [1], id: [] }], horizon: 1 },
      'series[0].id',
      'series[0].id is [], expected a text or a number.',
    ],
    [
      { series: [], horizon: 1 },
      'series',
      'series is [], expected an array of numbers, of such arrays, or of objects with values.',
    ],
    [{ series: [[]], horizon: 1 }, 'series[0]', 'series[0] is [], expected at least one value.'],
    [
      { series: { a: 1 }, horizon: 1 },
      'series',
      'series is {"a": 1}, expected an array of numbers, of such arrays, or of objects with values.',
    ],
    [
      { horizon: 1 },
      'series',
      'series is missing, expected an array of numbers, of such arrays, or of objects with values.',
    ],
    [
      '{"series": [1e999], "horizon": 1}',
      'series[0]',
      'series[0] is Infinity, expected a number up to ±1e100 or null.',
    ],
    [
      { series: [[1], [null, null]], horizon: 1 },
      'series[1]',
      'series[1] is [null, null], expected at least one number.',
    ],
    [
      { series: [1] },
      'horizon',
      'horizon is missing, expected a whole number from 1 to 100000. Give the number of steps ahead.',
    ],
    [
      { series: [1], horizon: 0 },
      'horizon',
      'horizon is 0, expected a whole number from 1 to 100000. Give the number of steps ahead.',
    ],
    [
      { series: [1], horizon: 1.5 },
      'horizon',
      'horizon is 1.5, expected a whole number from 1 to 100000. Give the number of steps ahead.',
    ],
    [
      { series: [1], horizon: '3' },
      'horizon',
      'horizon is "3", expected a whole number from 1 to 100000. Give the number of steps ahead.',
    ],
    [
      { series: [1], horizon: 1, levels: [80, 100] },
      'levels[1]',
      'levels[1] is 100, expected per cent from 1 on and below 100, such as 80 or 95.',
    ],
    [{ series: [1], horizon: 1, levels: 80 }, 'levels', 'levels is 80, expected a list of numbers such as [80, 95].'],
    [
      { series: [1], horizon: 1, quantiles: [0] },
      'quantiles[0]',
      'quantiles[0] is 0, expected a number between 0 and 1, both excluded.',
    ],
    [
      { series: [1], horizon: 1, quantiles: [] },
      'quantiles',
      'quantiles is [], expected a list of numbers such as [0.1, 0.5, 0.9].',
    ],
    [
      { series: [1], horizon: 1, season: -2 },
      'season',
      'season is -2, expected a whole number of steps such as 24, several as [24, 168], or 1 for none. Leave it out to have it found in the values.',
    ],
    [
      { series: [1], horizon: 1, season: [7, null] },
      'season[1]',
      'season[1] is null, expected a whole number of steps such as 24, several as [24, 168], or 1 for none. Leave it out to have it found in the values.',
    ],
    [{ series: [1], horizon: 1, nonNegative: 'yes' }, 'nonNegative', 'nonNegative is "yes", expected true or false.'],
    [
      { series: [1], horizon: 1, quantile: [0.5] },
      'quantile',
      /^unknown field 'quantile', expected series, horizon, .* Did you mean 'quantiles'\?$/,
    ],
    [
      '{"series": [1], "horizon": 1, "__proto__": {"x": 1}}',
      '__proto__',
      /^unknown field '__proto__', expected series, /,
    ],
    [
      { series: [{ values: [1, 2], times: ['2026-01-01'] }], horizon: 1 },
      'series[0].times',
      'series[0].times has 1 values, expected 2: one for each of its values.',
    ],
    [
      { series: [{ values: [1, 2], past: { 'a b': [1] } }], horizon: 1 },
      'series[0].past["a b"]',
      'series[0].past["a b"] has 1 values, expected 2: one for each of its values.',
    ],
    [
      { series: [{ values: [1, 2], known: { price: [1, 2] } }], horizon: 3 },
      'series[0].known.price',
      'series[0].known.price has 2 values, expected 5: one for each of its values and of the 3 steps ahead.',
    ],
    [
      { series: [{ values: [1], known: { price: [1, []] } }], horizon: 1 },
      'series[0].known.price[1]',
      'series[0].known.price[1] is [], expected a number, a text, true, false or null.',
    ],
    [
      { series: [[1], [1], [1], [1], [1], [1]], horizon: 1 },
      'series',
      'the request has 6 series, expected at most 5. Send them in several requests.',
    ],
    [
      { series: [Array(60).fill(1), Array(60).fill(1)], horizon: 1 },
      'series',
      'the request has 120 values, expected at most 100. Send fewer series, or fewer of their past values.',
    ],
    [
      { series: [1], horizon: 1, lower: 3, upper: 2 },
      undefined,
      'lower is 3 and upper is 2, expected lower below upper.',
    ],
    [
      { series: [1], horizon: 1, from: '2026-01-01' },
      'from',
      'from is "2026-01-01", expected a number of steps, because its series has no times.',
    ],
    [
      { series: [1], horizon: 1, from: 21 },
      'horizon',
      'the request has 21 steps ahead, expected at most 20. Give a smaller horizon.',
    ],
    [{ series: [1], horizon: 1, calendar: ['day'] }, 'calendar[0]', /^calendar\[0\] is "day", expected 'hour' or /],
    [
      { series: [1], horizon: 1, holidays: { place: 'DE' } },
      'holidays.place',
      /^unknown field 'holidays.place', expected country, region/,
    ],
    [
      { series: [1], horizon: 21 },
      'horizon',
      'the request has 21 steps ahead, expected at most 20. Give a smaller horizon.',
    ],
    [
      { series: [[1], [2], [3]], horizon: 20 },
      'horizon',
      'the request has 660 numbers of answer, expected at most 600. Send fewer series, or ask for fewer steps or quantiles.',
    ],
    ['[1, 2]', undefined, /^the body is \[1, 2\], expected an object with series, /],
    [
      '{"series": [1, NaN], "horizon": 1}',
      undefined,
      /^the body is not JSON \(.*\), expected an object such as .*\. A missing value is null\.$/,
    ],
    ['{"series": [1', undefined, /^the body is not JSON \(.*\), expected an object/],
    ['', undefined, /^the body is empty, expected an object such as /],
  ])('400 for %j', async (body, path, message) => {
    const { status, json } = await forecast(body);
    expect(json.error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect({ status, path: json.error.path }).toEqual({ status: 400, path });
    expect(Object.keys(json)).toEqual(['error']);
  });

  it('says what a value is in brief, however long and deep it is', async () => {
    const long = await forecast({ series: ['x'.repeat(2000)], horizon: 1 });
    expect(long.json.error.message.length).toBeLessThan(130);
    const deep = await forecast(`{"series": [1, ${'['.repeat(1500)}${']'.repeat(1500)}], "horizon": 1}`);
    expect(deep.json.error.message).toBe('series[1] is [[[…]]], expected a number or null.');
  });

  it('413 for a large body, declared or not', async () => {
    const text = JSON.stringify({ series: Array(3000).fill(1), horizon: 1 });
    const declared = await forecast(text, {
      headers: { 'Content-Type': 'application/json', 'Content-Length': String(text.length) },
    });
    const streamed = await forecast(text);
    for (const { status, json } of [declared, streamed]) {
      expect(status).toBe(413);
      expect(json.error.message).toBe(
        'the body has more than 4000 bytes, expected at most that. Send it in several requests.',
      );
    }
  });

  it.each([
    ['text/plain', 'the content type is "text/plain", expected application/json.'],
    [
      'application/x-www-form-urlencoded',
      'the content type is "application/x-www-form-urlencoded", expected application/json.',
    ],
    ['application/jsonp', 'the content type is "application/jsonp", expected application/json.'],
  ])('415 for %s', async (type, message) => {
    const { status, json } = await forecast({ series: [1], horizon: 1 }, { headers: { 'Content-Type': type } });
    expect(status).toBe(415);
    expect(json.error.message).toContain(message);
  });

  it('takes a content type with a character set', async () => {
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    expect((await forecast({ series: [1], horizon: 1 }, { headers })).status).toBe(200);
  });

  it('422 with the words of the forecaster, for what it refuses', async () => {
    const { status, json } = await forecast({ series: [-1, 2], horizon: 1 });
    expect(status).toBe(422);
    expect(json.error.message).toBe('forecast: the series begins with −1, expected another.');
  });

  it('500 for a defect: the log says what, the answer does not', async () => {
    const logged: unknown[] = [];
    const own = createHandler({ forecaster, onError: (error) => logged.push(error) });
    const { status, json } = await post(own, '/v1/forecast', { series: [-2], horizon: 1 });
    expect(status).toBe(500);
    expect(json.error.message).toBe('the server failed at this request. Its log has the reason.');
    expect(String(logged[0])).toBe('TypeError: x is undefined');
  });
});
