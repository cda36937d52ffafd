import { describe, expect, it, onTestFinished } from 'vitest';
import { createHandler, listen } from '../src/index.ts';
import { fakeForecaster, naive } from './fake.ts';

const json = { 'Content-Type': 'application/json' };

describe('on a port', () => {
  it('answers, notices clients that leave, and stops when those at work are done', async () => {
    const forecaster = fakeForecaster();
    const server = await listen(createHandler({ forecaster }));
    onTestFinished(() => server.close(0));
    const ask = (body: unknown, signal?: AbortSignal) =>
      fetch(`${server.url}/v1/forecast`, { method: 'POST', headers: json, body: JSON.stringify(body), signal });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const answered = await ask({ series: [1, 2, 3], horizon: 2 });
    expect(await answered.json()).toEqual({ model: 'fake', forecasts: [naive([1, 2, 3], { horizon: 2 })] });

    const abort = new AbortController();
    const left = ask({ series: Array(9000).fill([1, 2]), horizon: 1 }, abort.signal);
    while (forecaster.calls.length < 4) await new Promise((resolve) => setTimeout(resolve, 2));
    abort.abort();
    await expect(left).rejects.toThrow();
    // The next one waits at most for the turn that had begun and the one that was then drawn.
    const before = forecaster.calls.length;
    expect((await ask({ series: [5], horizon: 9 })).status).toBe(200);
    expect(forecaster.calls.length - before).toBeLessThan(20);

    const last = ask({ series: Array(500).fill([1, 2]), horizon: 1 });
    while (forecaster.calls.at(-1)?.series !== 64) await new Promise((resolve) => setTimeout(resolve, 2));
    await server.close();
    expect((await last).status).toBe(200);
    await expect(ask({ series: [1], horizon: 1 })).rejects.toThrow();
  });

  it('says why it cannot listen', async () => {
    const handler = createHandler({ forecaster: fakeForecaster() });
    const first = await listen(handler);
    onTestFinished(() => first.close(0));
    await expect(listen(handler, { port: first.port })).rejects.toThrow(
      `serve: port ${first.port} of 127.0.0.1 is taken, expected a free one.`,
    );
    await expect(listen(handler, { port: 70_000 })).rejects.toThrow(
      'serve: the port is 70000, expected a whole number',
    );
    await expect(listen(handler, { host: '192.0.2.1' })).rejects.toThrow(
      'serve: 192.0.2.1 is no address of this machine, expected one of its own.',
    );
  });
});
