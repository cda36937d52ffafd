import { describe, expect, it } from 'vitest';
import { defaultHorizon, type Frequency, frequencyName, parseFrequency, seasonsOf } from '../../src/timeTable/index.ts';
import { day, minute, month, read, readOne, rows, told } from './tables.ts';

const table = (times: readonly string[], separator = ',') =>
  [`time${separator}y`, ...times.map((time, i) => `${time}${separator}${i + 1}`)].join('\n');
const NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

describe('times', () => {
  const cases: [string, string[], string, string, number[]][] = [
    ['days', [0, 1, 2, 3].map((i) => day(i)), 'daily', '2024-01-05', [7]],
    ['days with slashes', ['2024/1/5', '2024/1/6', '2024/1/7'], 'daily', '2024/1/8', [7]],
    ['compact days', ['20240130', '20240131', '20240201'], 'daily', '20240202', [7]],
    ['weeks', [0, 7, 14, 21].map((i) => day(i)), 'weekly', '2024-01-29', [52]],
    ['ISO weeks', ['2020-W52', '2020-W53', '2021-W01'], 'weekly', '2021-W02', [52]],
    ['two weeks', [0, 14, 28].map((i) => day(i)), 'every 2 weeks', '2024-02-12', [26]],
    ['business days', [0, 1, 2, 3, 4, 7, 8, 9].map((i) => day(i)), 'business days', '2024-01-11', [5]],
    ['months', [0, 1, 2, 3].map(month), 'monthly', '2020-05', [12]],
    ['months by name', NAMES.slice(0, 4).map((name) => `${name} 2024`), 'monthly', 'May 2024', [12]],
    ['days by name', ['30 Jan 2024', '31 Jan 2024', '1 Feb 2024'], 'daily', '2 Feb 2024', [7]],
    ['first days', ['2024-01-01', '2024-02-01', '2024-03-01'], 'monthly', '2024-04-01', [12]],
    ['last days', ['2024-01-31', '2024-02-29', '2024-03-31'], 'monthly', '2024-04-30', [12]],
    ['last days in February', ['2024-11-30', '2024-12-31', '2025-01-31'], 'monthly', '2025-02-28', [12]],
    ['the 30th', ['2024-01-30', '2024-02-29', '2024-03-30'], 'monthly', '2024-04-30', [12]],
    ['any day of each month', ['2024-01-03', '2024-02-06', '2024-03-01', '2024-04-09'], 'monthly', '2024-05-01', [12]],
    ['quarters', ['2023 Q3', '2023Q4', 'Q1 2024'], 'quarterly', '2024Q2', [4]],
    ['quarters by their months', ['2023-07', '2023-10', '2024-01'], 'quarterly', '2024-04', [4]],
    ['quarters by their days', ['2023-09-30', '2023-12-31', '2024-03-31'], 'quarterly', '2024-06-30', [4]],
    ['years', ['1999', '2000', '2001'], 'yearly', '2002', []],
    ['years by their days', ['2019-07-01', '2020-07-01', '2021-07-01'], 'yearly', '2022-07-01', []],
    ['hours', [0, 60, 120].map((i) => minute(i)), 'hourly', '2024-03-30 03:00', [24, 168]],
    ['half hours', [0, 30, 60].map((i) => minute(i)), 'every 30 min', '2024-03-30 01:30', [48, 336]],
    ['5 minutes', [0, 5, 10].map((i) => minute(i)), 'every 5 min', '2024-03-30 00:15', [288, 2016]],
    ['minutes', [0, 1, 2].map((i) => minute(i)), 'every min', '2024-03-30 00:03', [60, 1440]],
    [
      '10 s',
      ['2024-01-01T00:00:00', '2024-01-01T00:00:10', '2024-01-01T00:00:20'],
      'every 10 seconds',
      '2024-01-01T00:00:30',
      [6, 360],
    ],
    ['the world’s clock', ['2024-01-01T00:00Z', '2024-01-01T06:00Z'], 'every 6 h', '2024-01-01T12:00Z', [4, 28]],
    ['epoch seconds', ['1711843200', '1711846800', '1711850400'], 'hourly', '1711854000', [24, 168]],
    ['epoch milliseconds', ['1711843200000', '1711846800000'], 'hourly', '1711850400000', [24, 168]],
    ['an index', ['1', '2', '3', '4'], 'no calendar', '5', []],
    ['an index from 0 in tens', ['0', '10', '20'], 'numbered in steps of 10', '30', []],
    ['months as R has them', ['1949', '1949.0833', '1949.1667', '1949.25'], 'monthly', '1949.333', [12]],
    [
      'am and pm',
      ['1/31/2024 11:00 AM', '1/31/2024 12:00 PM', '1/31/2024 1:00 PM'],
      'hourly',
      '1/31/2024 2:00 PM',
      [24, 168],
    ],
    ['dots', ['30.01.2024', '31.01.2024', '01.02.2024'], 'daily', '02.02.2024', [7]],
    ['hours of digits', ['2024010122', '2024010123', '2024010200'], 'hourly', '2024010201', [24, 168]],
    ['minutes of digits', ['202401012330', '202401020000', '202401020030'], 'every 30 min', '202401020100', [48, 336]],
    ['seconds of digits', ['20240101220000', '20240101230000'], 'hourly', '20240102000000', [24, 168]],
    ['basic ISO', ['20240101T220000Z', '20240101T230000Z'], 'hourly', '20240102T000000Z', [24, 168]],
    ['epoch microseconds', ['1711843200000000', '1711846800000000'], 'hourly', '1711850400000000', [24, 168]],
    ['epoch nanoseconds', ['1711843200000000000', '1711846800000000000'], 'hourly', '1711850400000000000', [24, 168]],
    ['days of a spreadsheet', ['45290', '45291', '45292'], 'daily', '45293', [7]],
    ['months of a spreadsheet', ['44197', '44228', '44256', '44287'], 'monthly', '44317', [12]],
    ['weeks of digits', ['202351', '202352', '202401'], 'weekly', '202402', [52]],
    ['weeks without a zero', ['2024-W8', '2024-W9', '2024-W10'], 'weekly', '2024-W11', [52]],
    ['months with two digits of the year', ['Nov-23', 'Dec-23', 'Jan-24'], 'monthly', 'Feb-24', [12]],
    ['days with two digits of the year', ['30-Dec-23', '31-Dec-23', '1-Jan-24'], 'daily', '2-Jan-24', [7]],
    ['German months', ['Feb 2023', 'Mär 2023', 'Apr 2023', 'Mai 2023'], 'monthly', '2023-06', [12]],
    ['French days', ['30 décembre 2023', '31 décembre 2023', '1 janvier 2024'], 'daily', '2024-01-02', [7]],
    ['weekdays', ['Sunday, December 31, 2023', 'Monday, January 1, 2024'], 'daily', '2024-01-02', [7]],
    [
      'ranges',
      ['01.01.2024 00:00 - 01.01.2024 01:00', '01.01.2024 01:00 - 01.01.2024 02:00'],
      'hourly',
      '01.01.2024 02:00',
      [24, 168],
    ],
    ['before 1970', ['1968-12-30', '1968-12-31', '1969-01-01'], 'daily', '1969-01-02', [7]],
  ];
  it.each(cases)('%s', async (_, times, frequency, next, seasons) => {
    const series = await readOne(table(times, ';'));
    expect([...series.values]).toEqual(times.map((_, i) => i + 1));
    expect(frequencyName(series.axis.frequency)).toBe(frequency);
    expect(told(series).next).toBe(next);
    expect(series.seasons).toEqual(seasons);
  });

  it('has a year of days for who has two', async () => {
    const series = await readOne(rows(800, (i) => `${day(i)},${i}`, 'date,y'));
    expect(series.seasons).toEqual([7, 365]);
  });

  it('decides by the column which of day and month is first, else asks', async () => {
    const slashed = (dates: [number, number][]) => table(dates.map(([a, b]) => `${a}/${b}/2024`));
    const first = async (dates: [number, number][], dates_?: 'dmy' | 'mdy') =>
      told(await readOne(slashed(dates), { dates: dates_ })).times[0];
    expect(
      await first([
        [12, 3],
        [13, 3],
        [14, 3],
      ]),
    ).toBe('12/3/2024');
    expect(
      await first([
        [3, 12],
        [3, 13],
        [3, 14],
      ]),
    ).toBe('3/12/2024');
    // Months of one year and the next are even with the day first alone.
    const months = Array.from(
      { length: 24 },
      (_, i) => `01/${String((i % 12) + 1).padStart(2, '0')}/${2023 + (i >= 12 ? 1 : 0)}`,
    );
    expect(frequencyName((await readOne(table(months))).axis.frequency)).toBe('monthly');
    const unclear: [number, number][] = [
      [3, 4],
      [4, 4],
      [5, 4],
    ];
    await expect(first(unclear)).rejects.toThrow(
      'column "time" has "3/4/2024", which can be read with the day or the month first. Say which',
    );
    const monthOf = async (order: 'dmy' | 'mdy') =>
      new Date((await readOne(slashed(unclear), { dates: order })).axis.start).getUTCMonth() + 1;
    expect([await monthOf('dmy'), await monthOf('mdy')]).toEqual([4, 3]);
    await expect(
      readOne(rows(1200, (i) => `${i < 1100 ? '05/13/2024' : '13/05/2024'},${i}`, 'date,y')),
    ).rejects.toThrow('line 1102, column "date" has "13/05/2024", expected dates, month first such as 05/13/2024');
  });
});

describe('steps', () => {
  it('leaves NaN where one is missing, and says how many', async () => {
    const kept = [0, 1, 2, 5, 6, 7, 9];
    const series = await readOne(table(kept.map((i) => day(i))));
    expect([...series.values]).toEqual([1, 2, 3, Number.NaN, Number.NaN, 4, 5, 6, Number.NaN, 7]);
    expect(series.facts).toMatchObject({ rows: 7, missing: 3, longestGap: 2, longestGapAt: '2024-01-04' });
  });

  it('sorts rows, the newest first, say', async () => {
    const series = await readOne(table([3, 2, 1, 0].map((i) => day(i))));
    expect([...series.values]).toEqual([4, 3, 2, 1]);
    expect(series.facts.unsorted).toBe(3);
  });

  it('takes empty fields as missing, and cuts them from both ends', async () => {
    const fields = ['', '1', 'NA', '3', '', ''];
    const series = await readOne(['date,y', ...fields.map((field, i) => `${day(i)},${field}`)].join('\n'));
    expect([...series.values]).toEqual([1, Number.NaN, 3]);
    expect(told(series).next).toBe('2024-01-05');
    expect(series.facts).toMatchObject({ missing: 1, future: 2 });
  });

  it('passes over rows of nothing where there are times, and takes them as missing where there are none', async () => {
    expect([...(await readOne(`date,y\n${day(0)},1\n,\n${day(1)},2\n,\n,`)).values]).toEqual([1, 2]);
    const wide = await read('a,b\n1,2\n,\n5,3\n,');
    expect(wide.series.map(({ values }) => [...values])).toEqual([
      [1, Number.NaN, 5],
      [2, Number.NaN, 3],
    ]);
    expect([...(await readOne('y\n1\n\n4\n\n\n3\n\n')).values]).toEqual([1, NaN, 4, NaN, NaN, 3]);
    expect([...(await readOne('7\r\n\r\n4\r\n')).values]).toEqual([7, NaN, 4]);
  });

  it('reads a clock that changes: an hour missing in spring, one averaged in autumn', async () => {
    // Local hours of Berlin: 02:00 is not there on 31 March, and twice there on 27 October.
    const spring = Array.from({ length: 72 }, (_, i) => minute(60 * i, Date.UTC(2024, 2, 30))).filter(
      (time) => time !== '2024-03-31 02:00',
    );
    const gap = await readOne(table(spring));
    expect(gap.values[26]).toBeNaN();
    expect(gap.facts).toMatchObject({ missing: 1, skippedHours: 1, doubledHours: 0 });
    const autumn = [24, 25, 26, 26, 27, 28].map((hour) => minute(60 * hour, Date.UTC(2024, 9, 26)));
    const doubled = await readOne(table(autumn));
    expect([...doubled.values]).toEqual([1, 2, 3.5, 5, 6]);
    expect(doubled.facts).toMatchObject({ combined: 0, doubledHours: 1, missing: 0 });
    const quarters = [120, 135, 150, 165, 120, 135, 150, 165, 180].map((i) => minute(i, Date.UTC(2024, 9, 27)));
    expect((await readOne(table(quarters))).facts).toMatchObject({ doubledHours: 1 });
    // The same on a Tuesday is a mistake.
    const tuesday = [0, 1, 2, 2, 3].map((hour) => minute(60 * hour, Date.UTC(2024, 9, 29)));
    await expect(readOne(table(tuesday))).rejects.toThrow('line 5 has the time of line 4 again, 2024-10-29 02:00');
  });

  it('goes by the world’s clock where the offset is written, save for days', async () => {
    const hours = ['00:00+02:00', '01:00+02:00', '02:00+02:00', '02:00+01:00', '03:00+01:00'];
    const series = await readOne(table(hours.map((hour) => `2024-10-27T${hour}`)));
    expect([...series.values]).toEqual([1, 2, 3, 4, 5]);
    expect(told(series)).toMatchObject({ next: '2024-10-27T04:00+01:00' });
    const days = ['2024-10-26T00:00+02:00', '2024-10-27T00:00+02:00', '2024-10-28T00:00+01:00'];
    expect(told(await readOne(table(days))).next).toBe('2024-10-29T00:00+01:00');
  });

  it('puts rows into the steps that are asked for', async () => {
    const hours = rows(48, (i) => `${minute(60 * i)},1`, 'time,y');
    await expect(readOne(hours, { frequency: 'daily' })).rejects.toThrow(
      'line 3 has a time in the step of line 2, 2024-03-30',
    );
    const sums = await readOne(hours, { frequency: 'D', duplicates: 'sum' });
    expect([...sums.values]).toEqual([24, 24]);
    expect(sums.facts.combined).toBe(46);
    expect(told(await readOne(hours, { frequency: 'MS', duplicates: 'mean' }))).toEqual({
      values: [1],
      times: ['2024-03-01'],
      next: '2024-04-01',
    });
    // Steps that fit are kept as they are: weeks that begin on a Wednesday.
    const weeks = rows(5, (i) => `${day(2 + 7 * i)},${i}`, 'date,y');
    expect(told(await readOne(weeks, { frequency: 'W' })).times[0]).toBe('2024-01-03');
  });

  it.each(['mean', 'sum', 'first', 'last'] as const)('combines rows of one time by their %s', async (duplicates) => {
    const text = `date,y\n${day(0)},1\n${day(1)},5\n${day(1)},2\n${day(1)},\n${day(2)},4`;
    const expected = { mean: 3.5, sum: 7, first: 5, last: 2 }[duplicates];
    expect([...(await readOne(text, { duplicates })).values]).toEqual([1, expected, 4]);
  });

  it.each([
    [
      'uneven times',
      [0, 15, 30, 45, 97, 120, 135, 150, 1200].map((i) => minute(i)),
      'line 6 has 2024-03-30 01:37, 52 min after line 5',
    ],
    [
      'the same time again',
      [0, 1, 2, 2].map((i) => day(i)),
      'line 5 has the time of line 4 again, 2024-01-03. Name the column that tells series apart',
    ],
    ['a mistaken year', [day(0), day(1), day(2), '2924-01-04'], 'line 5 has 2924-01-04'],
    ['one time with a clock', ['2024-01-01 12:00'], 'line 2 has the only time, which shows no frequency'],
    ['uneven numbers', ['0', '2', '4', '6', '9', '1000'], "leave the column out (time: 'none')"],
  ])('refuses %s', async (_, times, message) => {
    await expect(readOne(table(times))).rejects.toThrow(message);
  });

  it('takes one day for a day', async () => {
    expect(told(await readOne(`date,y\n${day(0)},5`))).toEqual({
      values: [5],
      times: ['2024-01-01'],
      next: '2024-01-02',
    });
  });

  it('gives a short series the frequency of the others, and a long one its own', async () => {
    const weekly = rows(12, (i) => `${day(7 * i)},c,${i}`);
    const { series, table: opened } = await read(
      [rows(20, (i) => `${day(i)},a,${i}`, 'date,id,y'), rows(3, (i) => `${day(2 * i)},b,${i}`), weekly].join('\n'),
    );
    expect(series.map(({ axis }) => frequencyName(axis.frequency))).toEqual(['daily', 'daily', 'weekly']);
    expect([...series[1].values]).toEqual([0, Number.NaN, 1, Number.NaN, 2]);
    expect(frequencyName(opened.frequency)).toBe('daily');
  });

  it('leaves out series without values, and names them', async () => {
    const { series, table: opened } = await read(
      [rows(3, (i) => `${day(i)},a,${i}`, 'date,id,y'), rows(3, (i) => `${day(i)},b,`)].join('\n'),
    );
    expect(series.map(({ id }) => id)).toEqual(['a']);
    expect(opened.skipped).toEqual(['b']);
  });
});

describe('frequencies', () => {
  it.each([
    ['15min', 'every 15 min'],
    ['15 minutes', 'every 15 min'],
    ['every 2 weeks', 'every 2 weeks'],
    ['H', 'hourly'],
    ['W-SUN', 'weekly'],
    ['MS', 'monthly'],
    ['ms', 'every millisecond'],
    ['2Q', 'every 6 months'],
    ['business days', 'business days'],
    ['yearly', 'yearly'],
  ])('knows %s', (text, name) => {
    expect(frequencyName(parseFrequency(text))).toBe(name);
  });

  it.each(['weakly', '', '0h', '15', 'constructor'])('refuses %j', (text) => {
    expect(() => parseFrequency(text)).toThrow(`frequency is ${JSON.stringify(text)}, expected hourly`);
  });

  it('says what is near', () => {
    expect(() => parseFrequency('weakly')).toThrow("Did you mean 'weekly'?");
  });

  it('has the horizons of M4', () => {
    const horizons = ['hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly'].map((name): number =>
      defaultHorizon(parseFrequency(name)),
    );
    expect(horizons).toEqual([48, 14, 13, 18, 8, 6]);
    const odd: Frequency = { unit: 'minute', every: 7 };
    expect(seasonsOf(odd)).toEqual([1440]);
  });
});
