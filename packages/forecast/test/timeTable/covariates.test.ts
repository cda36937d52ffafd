import { describe, expect, it } from 'vitest';
import type { TimeTableOptions } from '../../src/timeTable/index.ts';
import { day, read, readOne, rows } from './tables.ts';

const future = (text: string): TimeTableOptions['future'] => ({ text, name: 'plan.csv' });

describe('covariates', () => {
  const sales = rows(
    6,
    (i) => `${day(i)},${i < 4 ? i : ''},${10 * i},${i % 2 ? 'sun' : 'rain'}`,
    'date,y,promo,weather',
  );

  it('are known ahead in rows that have no value yet', async () => {
    const series = await readOne(sales, { known: ['promo', 'weather'] });
    expect([...series.values]).toEqual([0, 1, 2, 3]);
    expect(series.ahead).toBe(2);
    expect({ ...series.known, promo: [...(series.known.promo as Float64Array)] }).toEqual({
      promo: [0, 10, 20, 30, 40, 50],
      weather: ['rain', 'sun', 'rain', 'sun', 'rain', 'sun'],
    });
  });

  it('are as long as the series where the past alone is known', async () => {
    const series = await readOne(sales, { past: ['promo'], known: ['weather'] });
    expect([...(series.past.promo as Float64Array)]).toEqual([0, 10, 20, 30]);
    expect(series.known.weather).toHaveLength(6);
  });

  it('have gaps where steps are missing', async () => {
    const series = await readOne(`date,y,k,p\n${day(0)},1,5,a\n${day(1)},2,6,\n${day(3)},3,,b`, {
      known: ['k'],
      past: ['p'],
    });
    expect([...(series.known.k as Float64Array)]).toEqual([5, 6, Number.NaN, Number.NaN]);
    expect(series.past.p).toEqual(['a', null, null, 'b']);
  });

  it('continue in a second table, by id and time, in any order', async () => {
    const past = [
      rows(3, (i) => `${day(i)},a,${i},${i},x`, 'date,id,y,promo,kind'),
      rows(3, (i) => `${day(i)},b,${-i},${i + 50},z`),
    ].join('\n');
    const plan = [`kind,promo,id,date`, `z,99,b,${day(3)}`, `x,8,a,${day(4)}`, `w,7,a,${day(3)}`].join('\n');
    const { layout, series } = await read(past, { future: future(plan) });
    expect(layout).toMatchObject({ ids: ['id'], values: ['y'], known: ['promo', 'kind'] });
    expect(series.map(({ ahead }) => ahead)).toEqual([2, 1]);
    expect([...(series[0].known.promo as Float64Array)]).toEqual([0, 1, 2, 7, 8]);
    expect(series[0].known.kind).toEqual(['x', 'x', 'x', 'w', 'x']);
    expect([...(series[1].known.promo as Float64Array)]).toEqual([50, 51, 52, 99]);
  });

  it('are counted on where there are no times', async () => {
    const series = await readOne('y,k\n3,1\n5,2\n4,3', { value: ['y'], time: 'none', future: future('k\n4\n5') });
    expect([...(series.known.k as Float64Array)]).toEqual([1, 2, 3, 4, 5]);
  });

  const table = rows(4, (i) => `${day(i)},${i * i},${i}`, 'date,y,promo');
  it.each([
    ['nothing in common', 'date,other\n2024-01-05,1', 'plan.csv has no column except times and ids that x.csv has too'],
    ['no times', 'promo\n1', 'plan.csv has no column "date"'],
    ['a time between steps', 'date,promo\n2024-01-05 13:00,1', 'plan.csv, line 2 has a time between two steps'],
    ['a mistaken year', 'date,promo\n9024-01-05,1', 'plan.csv reaches 2556697 steps beyond the end of the series'],
    [
      'text',
      'date,promo\n2024-01-05,1\n2024-01-06,x\n2024-01-07,1\n2024-01-08,1\n2024-01-09,1',
      'plan.csv, line 3, column "promo" has "x"',
    ],
  ])('refuse a second table with %s', async (_, plan, message) => {
    await expect(read(table, { future: future(plan) })).rejects.toThrow(message);
  });
});
