import { describe, expect, it } from 'vitest';
import { ForecastQueue } from '../src/queue.ts';
import { fakeForecaster, naive } from './fake.ts';

const rows = (count: number, begin = 0) => Array.from({ length: count }, (_, i) => [begin + i, begin + i + 1]);

describe('the queue', () => {
  it('lets a small request pass a large one', async () => {
    const forecaster = fakeForecaster();
    const queue = new ForecastQueue(forecaster).forRequest();
    const order: string[] = [];
    const large = queue.forecastAll(rows(1000), { horizon: 2 }).then((found) => {
      order.push('large');
      expect(found).toEqual(rows(1000).map((one) => naive(one, { horizon: 2 })));
    });
    const other = queue.forecastAll(rows(1), { horizon: 3 }).then(() => order.push('other'));
    const alike = queue.forecastAll(rows(1, 7), { horizon: 2 }).then((found) => {
      order.push('alike');
      expect(found).toEqual([naive([7, 8], { horizon: 2 })]);
    });
    await Promise.all([large, other, alike]);
    expect(order).toEqual(['alike', 'other', 'large']);
    // The first turn is shared, the second is the other's.
    expect(forecaster.calls.slice(0, 2)).toEqual([
      { series: 33, horizon: 2 },
      { series: 1, horizon: 3 },
    ]);
    expect(Math.max(...forecaster.calls.map(({ series }) => series))).toBe(64);
  });

  it('answers more requests at once than a turn has places', async () => {
    const queue = new ForecastQueue(fakeForecaster()).forRequest();
    const found = await Promise.all(Array.from({ length: 150 }, (_, i) => queue.forecastAll([[i, i]], { horizon: 1 })));
    expect(found.map(([{ mean }]) => mean[0])).toEqual(Array.from({ length: 150 }, (_, i) => i));
  });

  it('takes no further turn for a request that was given up', async () => {
    const forecaster = fakeForecaster();
    const queue = new ForecastQueue(forecaster);
    const abort = new AbortController();
    const given = queue.forRequest(abort.signal).forecastAll(rows(1000), { horizon: 1 });
    await new Promise((resolve) => setTimeout(resolve, 15));
    const before = forecaster.calls.length;
    abort.abort();
    await expect(given).rejects.toThrow('aborted');
    const [last] = await queue.forRequest().forecastAll(rows(1, 5), { horizon: 1 });
    expect(last).toEqual(naive([5, 6], { horizon: 1 }));
    expect(before).toBeGreaterThan(0);
    expect(forecaster.calls.length).toBeLessThanOrEqual(before + 2);
  });

  it('answers no series with none', async () => {
    expect(await new ForecastQueue(fakeForecaster()).forRequest().forecastAll([], { horizon: 1 })).toEqual([]);
  });
});
