import { describe, expect, it } from 'vitest';
import { lastValue, normalForecaster } from '../../../test/support/forecasters.ts';
import { Forecaster, type SeriesForecast, type TableOptions } from '../src/forecaster.ts';
import { csvHeader, csvRows, viewOf } from '../src/report/index.ts';
import { openTimeTable } from '../src/timeTable/index.ts';
import { day, rows } from './timeTable/tables.ts';

const lastValues = () => normalForecaster('last value', lastValue, 0);

async function run(text: string, options: TableOptions, known?: string[]) {
  const forecaster = lastValues();
  const found: SeriesForecast[] = [];
  const table = await openTimeTable({ text, name: 'x.csv' }, { known });
  for await (const one of new Forecaster(forecaster).forecast(table, options)) found.push(one);
  return { forecaster, found };
}

const long = ['date,id,y', ...['a', 'b', 'c'].map((id, k) => rows(14, (i) => `${day(i)},${id},${100 * k + i}`))].join(
  '\n',
);

describe('a forecast of a table', () => {
  it('forecasts all series in order, some at a time, with the seasons of the calendar', async () => {
    const { forecaster, found } = await run(long, { horizon: 2, batch: 2 });
    expect(found.map(({ series, forecast }) => [series.id, forecast.median])).toEqual([
      ['a', [13, 13]],
      ['b', [113, 113]],
      ['c', [213, 213]],
    ]);
    const options = { horizon: 2, season: { likely: [7] } };
    expect(forecaster.calls.map(({ series }) => series.length)).toEqual([2, 1]);
    expect(forecaster.calls.map((call) => call.options)).toMatchObject([options, options]);
  });

  it('forecasts series of one season in one call, and gives all in order', async () => {
    const weekly = rows(14, (i) => `${day(7 * i)},w,${i}`);
    const [header, ...daily] = long.split('\n');
    const text = [header, ...daily.slice(0, 14), weekly, ...daily.slice(14)].join('\n');
    const { forecaster, found } = await run(text, { horizon: 2 });
    expect(found.map(({ series }) => series.id)).toEqual(['a', 'w', 'b', 'c']);
    expect(forecaster.calls.map(({ series, options }) => [series.length, options.season])).toEqual([
      [3, { likely: [7] }],
      [1, { likely: [52] }],
    ]);
  });

  it('leaves the season to the user, or to the forecaster where the calendar says nothing', async () => {
    const own = await run(long, { horizon: 1, season: 3 });
    expect(own.forecaster.calls[0].options).toMatchObject({ horizon: 1, season: 3 });
    const index = await run(
      rows(9, (i) => `${i},${i}`, 't,y'),
      { horizon: 1 },
    );
    expect(index.forecaster.calls[0].options.season).toBeUndefined();
  });

  it('uses what is known ahead, and says when it ends before the horizon', async () => {
    const promo = (i: number) => Math.floor(((i * 2654435761) % 2 ** 32) / 2 ** 29);
    const text = rows(60, (i) => `${day(i)},${i < 57 ? 50 * promo(i) + (i % 2) : ''},${promo(i)}`, 'date,y,promo');
    const { found } = await run(text, { horizon: 3 }, ['promo']);
    const [{ forecast }] = found;
    expect(forecast).toMatchObject({ covariates: { used: ['promo'] } });
    for (const [i, value] of forecast.median.entries()) expect(Math.abs(value - 50 * promo(57 + i))).toBeLessThan(10);
    await expect(run(text, { horizon: 4 }, ['promo'])).rejects.toThrow(
      'series "y" ends at 2024-02-26, and promo is known for 3 steps more, expected 4, the horizon.',
    );
  });

  it('takes holidays for known, and needs times for them', async () => {
    const { found } = await run(
      rows(60, (i) => `${day(i)},${i}`, 'date,y'),
      { horizon: 3, holidays: { country: 'DE' } },
    );
    expect(found[0].forecast).toMatchObject({ covariates: { dropped: expect.arrayContaining(['holiday']) } });
    await expect(
      run(
        rows(9, (i) => `${i},${i}`, 't,y'),
        { horizon: 1, holidays: { country: 'DE' } },
      ),
    ).rejects.toThrow('series "y" has no times, which holidays need');
  });

  it('shows times as the table writes them', async () => {
    const lines = async (text: string) => {
      const view = viewOf((await run(text, { horizon: 2, quantiles: [0.5] })).found[0], { withPast: false });
      return (csvHeader(view) + csvRows(view)).trim().split('\n');
    };
    expect(await lines('month,y\n2024 Q3,1\n2024 Q4,2')).toEqual([
      'id,time,mean,median,q0.5',
      'y,2025 Q1,2,2,2',
      'y,2025 Q2,2,2,2',
    ]);
    expect(await lines('timestamp,y\n1711843200,1\n1711846800,2')).toContain('y,1711850400,2,2,2');
    expect(await lines('t,y\n10,1\n20,2\n30,4')).toEqual(['id,step,mean,median,q0.5', 'y,40,4,4,4', 'y,50,4,4,4']);
  });

  it('has the past in what is drawn, and its times', async () => {
    const view = viewOf((await run(long, { horizon: 2 })).found[0]);
    expect(view.history).toHaveLength(14);
    expect(view.times).toHaveLength(14);
    expect(view).toMatchObject({
      name: 'a',
      frequency: 'daily',
      seasons: [7],
      futureTimes: [Date.UTC(2024, 0, 15), Date.UTC(2024, 0, 16)],
    });
  });
});

describe('a table read together', () => {
  const news = (i: number) => ((i * 2654435761) % 2 ** 32) / 2 ** 32;
  const together = async (text: string, options: { known?: string[] } = {}) => {
    const table = await openTimeTable({ text, name: 'x.csv' }, options);
    const found: SeriesForecast[] = [];
    for await (const one of new Forecaster(lastValues()).forecast(table, { horizon: 2, together: true }))
      found.push(one);
    return found;
  };

  it('lets one series tell of another, wherever it begins', async () => {
    const follower = (i: number) => (i < 30 ? '' : 100 * news(i - 3));
    const found = await together(rows(150, (i) => `${day(i)},${news(i)},${follower(i)}`, 'date,a,b'));
    expect(found.map(({ series }) => [series.id, series.values.length])).toEqual([
      ['a', 150],
      ['b', 120],
    ]);
    expect(found[1].forecast).toMatchObject({ covariates: { used: ['a'] } });
    for (const [i, x] of found[1].forecast.median.entries()) expect(Math.abs(x - 100 * news(147 + i))).toBeLessThan(15);
  });

  it('refuses series that end at different times', async () => {
    await expect(together(rows(9, (i) => `${day(i)},${i},${i < 8 ? i : ''}`, 'date,a,b'))).rejects.toThrow(
      'series "b" ends at 2024-01-08 and series "a" ends at 2024-01-09, expected one end and one frequency',
    );
  });
});

describe('the result of a table', () => {
  const front = new Forecaster(lastValues());
  const open = () => openTimeTable({ text: long, name: 'x.csv' });

  it('can be awaited as a list, and as often as one likes', async () => {
    const result = front.forecast(await open(), { horizon: 1 });
    const all = await result;
    expect(all.map(({ series }) => series.id)).toEqual(['a', 'b', 'c']);
    expect(await result).toBe(all);
  });

  it('is read once, and refuses what it cannot use when it is read', async () => {
    const result = front.forecast(await open(), { horizon: 1 });
    for await (const _ of result);
    await expect(Promise.resolve(result)).rejects.toThrow('these results were read already');
    await expect(Promise.resolve(front.forecast(await open(), { horizon: 0 }))).rejects.toThrow('horizon is 0');
    await expect(Promise.resolve(front.forecast(await open(), { horizon: 1, known: ['promo'] }))).rejects.toThrow(
      'known is ["promo"], expected a list of columns that the table was opened with as known: none.',
    );
  });

  it('stops reading the table when its reader stops', async () => {
    let [read, closed] = [0, false];
    const table = await open();
    const series = table.series();
    table.series = async function* () {
      try {
        for await (const one of series) {
          read++;
          yield one;
        }
      } finally {
        closed = true;
      }
    };
    for await (const _ of front.forecast(table, { horizon: 1, batch: 1 })) break;
    expect({ read, closed }).toEqual({ read: 1, closed: true });
  });
});
