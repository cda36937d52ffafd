import { parse } from 'csv-parse/browser/esm/sync';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { csv, csvHeader, csvRows, json, record, shownRows } from '../../src/report/index.ts';
import { fan, presidents, view } from './views.ts';

const joined = async (parts: AsyncIterable<string>) => {
  let text = '';
  for await (const part of parts) text += part;
  return text;
};

const isFormula = (name: string) => /^[=+\-@\t\r]/.test(name) && !/^[+-]?[\d.,:e/ -]*$/i.test(name);

describe('CSV', () => {
  it('has a row for each step: id, time, mean, median, quantiles and bounds', () => {
    const shown = presidents();
    expect(csvHeader(shown)).toBe(
      'id,time,mean,median,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,low80,high80,low95,high95\n',
    );
    expect(csvRows(shown).split('\n')[0]).toBe('presidents,1975-01,26,26,10,14,18,22,26,30,34,38,42,10,42,7,45');
    expect(csvRows(shown).trim().split('\n')).toHaveLength(8);
  });

  it('counts steps without times', () => {
    expect(csvHeader(view([1]))).toMatch(/^id,step,mean/);
    expect(csvRows(view([1, 2])).split('\n')[0]).toMatch(/^series,3,1,1,/);
  });

  it('is read back unchanged, for any names and numbers, except that formulas have a mark before them', async () => {
    const row = fc.record({
      name: fc.string({ minLength: 1 }),
      median: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), async (rows) => {
        const text = await joined(csv(rows.map(({ name, median }) => view([1], { name, forecast: fan(median, 0) }))));
        const read: Record<string, string>[] = parse(text, { columns: true });
        const wanted = rows.flatMap(({ name, median }) =>
          median.map((value) => ({ name, value, near: 1e-6 * Math.max(...median.map(Math.abs)) })),
        );
        expect(read.map(({ id }) => id)).toEqual(wanted.map(({ name }) => (isFormula(name) ? `'${name}` : name)));
        for (const [i, { value, near }] of wanted.entries()) {
          expect(Math.abs(Number(read[i].median) - value)).toBeLessThanOrEqual(near);
        }
      }),
    );
  });

  it('has no name that a spreadsheet would run', async () => {
    const names = ['=cmd|x', '+1+1', '@SUM(1)', '-a', '-5', '+1.5', 'a=b'];
    const text = await joined(csv(names.map((name) => view([1], { name }))));
    const read: Record<string, string>[] = parse(text, { columns: true });
    const ids = read.map(({ id }) => id);
    expect([...new Set(ids)]).toEqual(["'=cmd|x", "'+1+1", "'@SUM(1)", "'-a", '-5', '+1.5', 'a=b']);
  });

  it('distinguishes the readings of a meter, however large they are', async () => {
    const readings = [1_700_000_040, 1_700_000_050.5, 1_700_000_061];
    const [text] = [csvRows(view([1], { forecast: fan(readings, 3) }))];
    const medians = text
      .trim()
      .split('\n')
      .map((row) => Number(row.split(',')[3]));
    expect(medians.map((x, i) => Math.abs(x - readings[i]) < 0.01)).toEqual([true, true, true]);
    expect(csvRows(view([1], { forecast: fan([1_234_567_890], 0) }))).toContain(',1234567890,');
    expect(csvRows(view([1], { forecast: fan([120.218123], 5) }))).toContain(',120.2181,');
    expect(record(view([1], { forecast: fan(readings, 3) })).median[1]).toBeCloseTo(readings[1], 2);
  });

  it('writes an empty field for NaN', () => {
    expect(csvRows(view([1], { forecast: fan([Number.NaN], 0, []) }))).toBe('series,2,,,,,,,,,,,\n');
  });

  it('takes series one by one, and refuses one with other columns', async () => {
    const views = [view([1]), view([1], { name: 'other', forecast: fan([1], 1, [95]) })];
    const parts = csv(views);
    expect((await parts.next()).value).toBe(csvHeader(views[0]));
    await expect(joined(csv(views))).rejects.toThrow('report: series "other" has the columns id,step,');
  });
});

describe('JSON', () => {
  it('holds the forecast and its times, rounded', () => {
    const one = record(view([1], { forecast: fan([1 / 3], 0, [80]), unit: 'MW' }));
    expect(one).toMatchObject({
      id: 'series',
      unit: 'MW',
      step: [2],
      median: [0.333333333333],
      intervals: { '80': { low: [0.333333333333] } },
    });
    expect(record(presidents()).time?.[0]).toBe('1975-01');
  });

  it('is an array, possibly empty', async () => {
    expect(JSON.parse(await joined(json([])))).toEqual([]);
    const read = JSON.parse(await joined(json([view([1]), presidents()])));
    expect(read).toEqual([record(view([1])), record(presidents())]);
  });
});

describe('rows for readers', () => {
  it('have the digits that matter, and actual values', () => {
    expect(shownRows(view([1, 2], { forecast: fan([1.23456, 20], 1), actual: [1] }))).toEqual([
      ['step', 'median', '80 % low', '80 % high', 'actual'],
      ['3', '1.23', '0.83', '1.63', '1'],
      ['4', '20.00', '19.60', '20.40', ''],
    ]);
  });

  it.each([
    [['2020-01-01', '2021-01-01'], '2020'],
    [['2020-01-01', '2020-02-01'], '2020-01'],
    [['2020-01-01', '2020-01-02'], '2020-01-01'],
    [['2020-01-01', '2020-01-01T12:00Z'], '2020-01-01 00:00'],
    [['2020-01-01', '2020-01-01T12:00:01Z'], '2020-01-01 00:00:00'],
    [['2020-01-01', '2020-01-01T12:00:00.5Z'], '2020-01-01 00:00:00.000'],
  ])('name the times %o as %s', (times, name) => {
    const [first, second] = times.map((time) => Date.parse(time));
    const rows = shownRows(view([1], { times: [second], futureTimes: [first], forecast: fan([1], 1) }));
    expect(rows[1][0]).toBe(name);
  });
});
