/** Tables as spreadsheets, grid operators and shops write them. */
import { describe, expect, it } from 'vitest';
import { openTimeTable, TableNotes, type TimeTableOptions } from '../../src/timeTable/index.ts';
import { readOne, rows, told } from './tables.ts';

const two = (n: number) => String(n).padStart(2, '0');
const hourOf = (i: number) => `2024-01-${two(1 + Math.floor(i / 24))} ${two(i % 24)}:00`;
const dayOf = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);

async function notesOf(text: string, options: TimeTableOptions = {}): Promise<string[]> {
  const table = await openTimeTable({ text, name: 'x.csv' }, options);
  const notes = new TableNotes(table);
  for await (const series of table.series()) notes.add(series);
  return notes.lines();
}

describe('dates and times of day in two columns', () => {
  it.each([
    ['hours from 0', 'date,hr,y', (i: number) => `${dayOf(Math.floor(i / 24))},${i % 24}`, '2024-01-03 00:00'],
    [
      'hours from 1 to 24',
      'Date,Hour,y',
      (i: number) => `${dayOf(Math.floor(i / 24))},${1 + (i % 24)}`,
      '2024-01-03 00:00',
    ],
    [
      'a clock',
      'Date,Time,y',
      (i: number) => `${dayOf(Math.floor(i / 24))},${two(i % 24)}:00:00`,
      '2024-01-03 00:00:00',
    ],
  ])('are one time: %s', async (_, header, time, next) => {
    const series = await readOne(rows(48, (i) => `${time(i)},${i}`, header));
    expect(Array.from(series.values)).toEqual(Array.from({ length: 48 }, (_, i) => i));
    expect(told(series)).toMatchObject({ next });
  });

  it('tell series apart with an id', async () => {
    const text = ['a', 'b'].flatMap((id) =>
      Array.from({ length: 48 }, (_, i) => `${id},${dayOf(Math.floor(i / 24))},${i % 24},${i}`),
    );
    const table = await openTimeTable({ text: `store,date,hour,y\n${text.join('\n')}\n` });
    const found: [string, number][] = [];
    for await (const { id, values } of table.series()) found.push([id, values.length]);
    expect(found).toEqual([
      ['a', 48],
      ['b', 48],
    ]);
  });

  it('are refused where a time of day is none', async () => {
    const text = rows(1200, (i) => `${dayOf(Math.floor(i / 24))},${i === 1150 ? 25 : i % 24},${i}`, 'date,hour,y');
    await expect(readOne(text)).rejects.toThrow('line 1152, column "hour" has "25", expected a time of day such as 0');
  });
});

describe('clocks that are changed at midnight', () => {
  it.each([
    ['Santiago', '2024-04-06'],
    ['São Paulo', '2018-02-17'],
    ['Cairo', '2024-10-31'],
    ['Beirut', '2024-10-26'],
    ['Tehran', '2021-09-21'],
  ])('show 23:00 twice: %s', async (_, date) => {
    const start = Date.parse(`${date}T00:00Z`) - 24 * 3_600_000;
    // The hour after 47 hours comes again.
    const text = rows(
      72,
      (i) => `${new Date(start + (i > 47 ? i - 1 : i) * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')},${i}`,
      'time,y',
    );
    const { values, facts } = await readOne(text);
    expect([values.length, facts.doubledHours, values[47]]).toEqual([71, 1, 47.5]);
  });

  it('do so twice a year, not every day', async () => {
    const text = rows(
      60,
      (i) => `2024-10-${two(1 + Math.floor(i / 3))} 0${i % 3 === 2 ? 2 : 2 + (i % 3 === 1 ? 0 : -1)}:00,${i}`,
      'time,y',
    );
    await expect(readOne(text)).rejects.toThrow(/has the time of line|expected multiples/);
  });
});

describe('what rows do not cover', () => {
  it('is left out of sums, and said', async () => {
    const text = rows(40, (i) => `${dayOf(i)},10`, 'date,orders');
    const options = { frequency: 'monthly', duplicates: 'sum' } as const;
    expect(told(await readOne(text, options))).toMatchObject({ values: [310], next: '2024-02-01' });
    expect(await notesOf(text, options)).toContain('left out, as rows cover a part of the step only: 2024-02-01');
    const whole = rows(60, (i) => `${dayOf(i)},10`, 'date,orders');
    expect(told(await readOne(whole, options)).values).toEqual([310, 290]);
    expect(told(await readOne(text, { frequency: 'monthly', duplicates: 'mean' })).values).toEqual([10, 10]);
  });

  it('is a day or an hour that never has a value, which is said', async () => {
    const open = Array.from({ length: 70 }, (_, i) => i).filter((i) => i % 7 !== 6);
    const shop = `date,y\n${open.map((i) => `${dayOf(i)},${i}`).join('\n')}\n`;
    expect((await notesOf(shop)).join()).toContain('no values on Sundays: these steps are forecast, too');
    const hours = Array.from({ length: 240 }, (_, i) => i).filter((i) => i % 24 >= 9 && i % 24 < 17);
    const exchange = `time,y\n${hours.map((i) => `${hourOf(i)},${i}`).join('\n')}\n`;
    expect((await notesOf(exchange, { frequency: 'hourly' })).join()).toContain('no values from 17:00 to 09:00');
  });
});

describe('steps of the calendar', () => {
  it('begin where the anchor of pandas says', async () => {
    const weeks = rows(21, (i) => `${dayOf(i + 4)},${Math.floor(i / 7)}`, 'date,y');
    const read = async (text: string, frequency: string) =>
      told(await readOne(text, { frequency, duplicates: 'mean' }));
    expect(await read(weeks, 'W-THU')).toMatchObject({
      values: [0, 1, 2],
      times: ['2024-01-05', '2024-01-12', '2024-01-19'],
    });
    const months = rows(
      24,
      (i) => `${2014 + Math.floor((i + 6) / 12)}-${two(((i + 6) % 12) + 1)}-01,${Math.floor(i / 12)}`,
      'date,y',
    );
    expect(await read(months, 'YE-JUN')).toMatchObject({ values: [0, 1], times: ['2014-07-01', '2015-07-01'] });
    expect(await read(months, 'YS-JUL')).toMatchObject({ values: [0, 1] });
    await expect(read(weeks, 'W-XYZ')).rejects.toThrow("frequency has the anchor 'XYZ', expected a day of weeks");
    await expect(read(weeks, 'D-MON')).rejects.toThrow('anchor');
    const begun = performance.now();
    await expect(read(weeks, `every${' '.repeat(200_000)}!`)).rejects.toThrow('frequency is "every ');
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('have the times that a spreadsheet rounded next to them', async () => {
    const ms = ['.000', '.997', '.003'];
    const excel = rows(
      48,
      (i) =>
        `${new Date(Date.UTC(2024, 0, 1, i) + [0, -3, 3][i % 3]).toISOString().slice(0, -1).replace('T', ' ')},${i}`,
      'time,y',
    );
    expect(excel).toContain(ms[1]);
    expect(Array.from((await readOne(excel)).values)).toEqual(Array.from({ length: 48 }, (_, i) => i));
    const late = rows(48, (i) => `${i % 5 === 4 ? hourOf(i - 1).replace(':00', ':59') : hourOf(i)},${i}`, 'time,y');
    const { values } = await readOne(late, { frequency: 'hourly', duplicates: 'mean' });
    expect(Array.from(values)).toEqual(Array.from({ length: 48 }, (_, i) => i));
  });
});

describe('rows around a table', () => {
  it('are left out, and counted', async () => {
    const text = `Sales report 2024,,\n\nDate,Sales,Note\n${Array.from({ length: 20 }, (_, i) => `${dayOf(i)},${i},`).join('\n')}\nTotal,190,\n`;
    const table = await openTimeTable({ text, name: 'x.csv' });
    expect(Array.from(table.first.values)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(table.layout.preamble).toBeGreaterThan(0);
    expect(await notesOf(text)).toContain('1 row of totals left out');
  });

  it('are not taken for a table below one name', async () => {
    await expect(readOne('y\n1,5\n2,5\n3,5\n')).rejects.toThrow('line 2 has 2 fields, expected 1');
  });
});

describe('columns', () => {
  it('that are called values are never left out in silence', async () => {
    const text = rows(20, (i) => `${dayOf(i)},${i % 3 === 0 ? 'abc' : i},${i}`, 'ds,y,temp');
    await expect(readOne(text)).rejects.toThrow(
      'line 2, column "y" has "abc", expected a number, as others of the column are',
    );
    const dashes = rows(20, (i) => `${dayOf(i)},${i % 3 === 0 ? '-' : i},${i}`, 'ds,y,temp');
    expect((await readOne(dashes)).facts.missing).toBeGreaterThan(0);
  });

  it('that are times are refused behind what names the series', async () => {
    const covid = 'Province,Country,Lat,1/22/20,1/23/20,1/24/20\n,Albania,41.1,0,1,2\n,Algeria,28,0,2,3\n';
    await expect(readOne(covid)).rejects.toThrow('x.csv has times in its first row (1/22/20, 1/23/20 …)');
    const m5 = 'item,store,d_1,d_2,d_3\na,x,1,2,3\nb,x,1,2,3\n';
    await expect(readOne(m5)).rejects.toThrow('has times in its first row (d_1, d_2 …)');
  });
});
