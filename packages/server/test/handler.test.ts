import { describe, expect, it } from 'vitest';
import { createHandler } from '../src/index.ts';
import { post } from './ask.ts';
import { fakeForecaster, naive } from './fake.ts';

const handler = createHandler({ forecaster: fakeForecaster(), about: { version: '1.2.3', backend: 'wasm' } });
const get = (path: string, init?: RequestInit, from = handler) => from(new Request(`http://localhost:99${path}`, init));

describe('the routes', () => {
  it('GET /health says model, version, backend and uptime', async () => {
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ok',
      model: 'fake',
      version: '1.2.3',
      backend: 'wasm',
      uptimeSeconds: expect.any(Number),
    });
  });

  it('GET / lists them, with commands that work', async () => {
    const response = await get('/');
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    for (const path of ['/v1/forecast', '/health']) expect(text).toContain(path);
    const examples = [
      ...text.matchAll(/^curl http:\/\/localhost:99(\S+) -H 'Content-Type: application\/json' -d '(.*)'$/gm),
    ];
    expect(examples.length).toBeGreaterThan(0);
    for (const [, path, body] of examples) expect((await post(handler, path, body)).status).toBe(200);
  });

  it('404 names those that there are', async () => {
    const response = await get('/v1/forecasts');
    expect(response.status).toBe(404);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toMatch(/^there is no \/v1\/forecasts, expected one of POST \/v1\/forecast, .*GET \/health/);
  });

  it.each([
    ['GET', '/v1/forecast', 'POST'],
    ['DELETE', '/health', 'GET'],
  ])('405 for %s %s', async (method, path, allowed) => {
    const response = await get(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allowed);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toContain(`${path} was requested with ${method}, expected ${allowed}.`);
  });

  it('refuses limits that do not exist or let nothing pass', () => {
    const make = (limits: object) => () => createHandler({ forecaster: fakeForecaster(), limits });
    expect(make({ size: 3 })).toThrow('serve: there is no limit size, expected body, series');
    expect(make({ body: 0 })).toThrow('serve: the limit body is 0, expected a number ≥ 1.');
  });
});

describe('pages of other origins', () => {
  const ask = { method: 'OPTIONS', headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST' } };

  it('may ask where they are named', async () => {
    const open = createHandler({ forecaster: fakeForecaster(), cors: ['https://a.example', 'https://b.example'] });
    const leave = await get('/v1/forecast', ask, open);
    expect(leave.status).toBe(204);
    expect(leave.headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(leave.headers.get('access-control-allow-headers')).toBe('Content-Type');
    const answered = await open(
      new Request('http://localhost/v1/forecast', {
        method: 'POST',
        headers: { Origin: 'https://a.example', 'Content-Type': 'application/json' },
        body: '{}',
      }),
    );
    // The page can read why it was refused.
    expect(answered.status).toBe(400);
    expect(answered.headers.get('access-control-allow-origin')).toBe('https://a.example');
  });

  it('may not ask otherwise', async () => {
    const other = { ...ask, headers: { ...ask.headers, Origin: 'https://c.example' } };
    const named = createHandler({ forecaster: fakeForecaster(), cors: 'https://a.example' });
    expect((await get('/v1/forecast', other, named)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await get('/v1/forecast', ask)).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('many requests at once', () => {
  it('50 get their own right answers, in fewer calls', async () => {
    const forecaster = fakeForecaster();
    const one = createHandler({ forecaster });
    const wishes = Array.from({ length: 50 }, (_, i) => ({
      series: Array.from({ length: 1 + (i % 7) }, (_, k) =>
        Array.from({ length: 5 + i }, (_, t) => 1000 * i + 10 * k + t),
      ),
      horizon: 1 + (i % 3),
      season: 1 + (i % 2),
    }));
    const answers = await Promise.all(wishes.map((wish) => post(one, '/v1/forecast', wish)));
    answers.forEach(({ status, json }, i) => {
      const { series, ...options } = wishes[i];
      expect(status).toBe(200);
      expect(json.forecasts).toEqual(series.map((values) => naive(values, options)));
    });
    expect(forecaster.calls.length).toBeLessThan(25);
  });

  it('one that is refused does not spoil those it was asked with', async () => {
    const forecaster = fakeForecaster();
    const one = createHandler({ forecaster });
    const answers = await Promise.all(
      [[1, 2], [-1], [3, 4]].map((series) => post(one, '/v1/forecast', { series, horizon: 1 })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 200]);
    expect(answers[2].json.forecasts).toEqual([naive([3, 4], { horizon: 1 })]);
    expect(forecaster.calls[0].series).toBe(3);
  });

  it('503 above the limit, and all is well again after', async () => {
    const one = createHandler({ forecaster: fakeForecaster(), limits: { waiting: 2 } });
    const ask = () => post(one, '/v1/forecast', { series: [1], horizon: 1 });
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503]);
    expect(answers[2].headers.get('retry-after')).toBe('1');
    expect(answers[2].json.error.message).toBe('2 requests are being answered, expected fewer. Try again in a moment.');
    for (let i = 0; i < 3; i++) await post(one, '/v1/forecast', 'not JSON');
    expect((await ask()).status).toBe(200);
  });
});
