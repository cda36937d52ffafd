import { describe, expect, it } from 'vitest';
import type { TimeTableOptions } from '../../src/timeTable/index.ts';
import { layoutLine } from '../../src/timeTable/index.ts';
import { day, month, read, rows } from './tables.ts';

const two = (header: string, row: (id: string, i: number) => string) =>
  [header, rows(6, (i) => row('a', i)), rows(6, (i) => row('b', i))].join('\n');

describe('the columns of a table', () => {
  const cases: [string, string, Partial<Record<'time' | 'ids' | 'values' | 'ignored' | 'shape', unknown>>][] = [
    [
      'one series',
      rows(5, (i) => `${day(i)},${i}`, 'date,sales'),
      { shape: 'single', time: 'date', values: ['sales'] },
    ],
    ['the time last', rows(5, (i) => `${i},${day(i)}`, 'y,when'), { time: 'when', values: ['y'] }],
    ['no header', rows(5, (i) => `${day(i)},${i}`), { time: 'column 1', values: ['column 2'] }],
    ['one column', rows(5, (i) => String(i * i)), { time: undefined, values: ['column 1'] }],
    ['one column that counts', rows(5, (i) => String(i)), { time: undefined, values: ['column 1'] }],
    ['one column, named', rows(5, (i) => String(i * i), 'load'), { time: undefined, values: ['load'] }],
    ['wide', rows(5, (i) => `${day(i)}\t${i}\t${-i}`, 'date\ta\tb'), { shape: 'wide', values: ['a', 'b'] }],
    ['a separator that is said', 'sep=;\ndate;a,b\n2024-01-01;1\n2024-01-02;2', { values: ['a,b'] }],
    ['bars', rows(4, (i) => `${day(i)}|${i}`, 'date|y'), { time: 'date', values: ['y'] }],
    ['numbers as names', rows(5, (i) => `${day(i)},${i},${-i}`, 'date,1,2'), { shape: 'wide', values: ['1', '2'] }],
    ['an index called t', rows(5, (i) => `${i},${i * i}`, 't,y'), { time: 't', values: ['y'] }],
    ['an even first column', rows(5, (i) => `${10 * i},${i * i}`, 'km,y'), { time: 'km', values: ['y'] }],
    ['years', rows(5, (i) => `${1990 + i},${i}`, 'year,y'), { time: 'year', values: ['y'] }],
    ['what pandas writes', rows(5, (i) => `${i},${day(i)},${i}`, ',date,y'), { values: ['y'], ignored: ['column 1'] }],
    ['long', two('ds,unique_id,y', (id, i) => `${day(i)},${id},${i}`), { shape: 'long', ids: ['unique_id'] }],
    ['long, ids as numbers', two('ds,store,y', (id, i) => `${day(i)},${id.charCodeAt(0)},${i}`), { ids: ['store'] }],
    [
      'long, times in turn',
      rows(12, (i) => `${day(i >> 1)},${i % 2},${i * 7}`, 'date,shop,units'),
      { ids: ['shop'], values: ['units'] },
    ],
    [
      'long, no time of two series',
      [rows(4, (i) => `a,${day(i)},${i}`, 'shop,date,y'), rows(4, (i) => `b,${month(i)}-15,${i}`)].join('\n'),
      { ids: ['shop'], values: ['y'] },
    ],
    [
      'long, the latest times first',
      [rows(4, (i) => `a,${day(9 - i)},${i}`, 'kind,date,y'), rows(4, (i) => `b,${month(60 - i)}-15,${i}`)].join('\n'),
      { ids: ['kind'], values: ['y'] },
    ],
    [
      'one series with a text in blocks',
      rows(8, (i) => `${i < 4 ? 'low' : 'high'},${day(i)},${i}`, 'season,date,y'),
      { ids: [], values: ['y'], ignored: ['season'] },
    ],
    [
      'ids of two columns',
      rows(16, (i) => `${day(i % 4)},${'ab'[(i >> 2) & 1]},${'xy'[i >> 3]},${i}`, 'date,store,item,sales'),
      { ids: ['store', 'item'], values: ['sales'] },
    ],
    [
      'a text that changes within one series is none',
      rows(6, (i) => `${day(i)},${i < 3 ? 'cold' : 'warm'},${i}`, 'date,weather,y'),
      { ids: [], values: ['y'], ignored: ['weather'] },
    ],
    ['parts of a date', rows(5, (i) => `${day(i)},2024,${i + 1},${i}`, 'date,year,day,y'), { values: ['y'] }],
    ['y beside others, long', two('ds,id,y,price', (id, i) => `${day(i)},${id},${i},${i / 3}`), { values: ['y'] }],
    [
      'y beside others',
      rows(5, (i) => `${day(i)},${i},${i / 3}`, 'ds,y,price'),
      { shape: 'single', values: ['y'], ignored: ['price'] },
    ],
  ];
  it.each(cases)('%s', async (_, text, expected) => {
    const { layout } = await read(text);
    expect({ time: undefined, ...layout }).toMatchObject(expected);
  });

  const said: [string, TimeTableOptions, Record<string, unknown>][] = [
    ['values', { value: ['b'] }, { values: ['b'], ignored: ['a'] }],
    ['no times', { time: 'none', value: ['a'] }, { time: undefined, values: ['a'] }],
    ['covariates', { known: ['b'] }, { values: ['a'], known: ['b'] }],
    ['the past alone', { past: ['b'] }, { values: ['a'], past: ['b'] }],
  ];
  it.each(said)('says %s', async (_, options, expected) => {
    const { layout } = await read(
      rows(5, (i) => `${day(i)},${i},${i + 5}`, 'date,a,b'),
      options,
    );
    expect({ time: undefined, ...layout }).toMatchObject(expected);
  });

  it('tells in a line what was understood', async () => {
    const long = await read(
      two('ds,id,y,price', (id, i) => `${day(i)},${id},${i},${i / 3}`),
      { past: ['price'] },
    );
    expect(layoutLine(long.table)).toBe(
      'x.csv: times in "ds" (dates); values in "y"; a series for each "id"; known in the past: "price"',
    );
    const bare = await read(rows(3, (i) => `${i * i}`));
    expect(layoutLine(bare.table)).toBe('x.csv: no times, rows are a step apart; values in column 1');
  });

  const wrong: [string, string, TimeTableOptions, string][] = [
    ['an unknown option', 'date,y\n', { seperator: ';' } as object, "Did you mean 'separator'?"],
    ['a name that is no list', 'date,y\n', { value: 'y' } as object, 'value is "y", expected names of columns'],
    ['nothing', '', {}, 'x.csv is empty, expected rows of times and values.'],
    ['only names', 'date,y\n', {}, 'x.csv has no rows below the names of its columns.'],
    ['only text', 'a,b\nx,y\nz,w', {}, 'x.csv has no column of numbers: "a" has "x", "b" has "y".'],
    ['no values', rows(3, (i) => `${day(i)},NA`, 'date,y'), { value: ['y'] }, 'x.csv has no values in "y"'],
    [
      'several numbers beside ids',
      two('ds,id,a,b', (id, i) => `${day(i)},${id},${i},${i / 3}`),
      {},
      'several columns of numbers next to "id": "a", "b". Name the one to forecast (value)',
    ],
    ['an unknown name', 'date,y\n2024-01-01,1', { value: ['z'] }, 'has no column "z", expected one of "date", "y"'],
    ['a name of two columns', 'date,y,y\n2024-01-01,1,2', { value: ['y'] }, 'has several columns "y"'],
    ['two series of one name', 'date,y,y\n2024-01-01,1,2\n2024-01-02,1,3', {}, 'has several columns "y"'],
    [
      'a row without its id',
      two('d,id,y', (id, i) => `${day(i)},${i === 4 ? '' : id},${i}`),
      {},
      'line 6 has nothing in "id"',
    ],
    ['years to the right', 'country,2001,2002,2003\nDE,1,2,3', {}, 'has times in its first row (2001, 2002 …)'],
    [
      'days to the right',
      `,${day(0)},${day(1)},${day(2)}\na,1,2,3`,
      {},
      'Turn the table: a row for each series and time',
    ],
    ['times of several columns', 'year,month,y\n2020,1,5\n2020,2,6', {}, 'in several columns, "year" and "month"'],
    ['two uses of one', 'date,y\n2024-01-01,1', { value: ['y'], past: ['y'] }, '"y" of x.csv is named twice'],
    ['no times in the column', 'k,y\na,1\nb,2', { time: 'k' }, 'column "k" of x.csv has "a", expected times such as'],
    ['a short row', 'date,y\n2024-01-01,1\n2024-01-02', {}, 'x.csv, line 3 has 1 fields, expected 2'],
    [
      'a text among values',
      rows(9, (i) => `${day(i)},${i === 7 ? 'abc' : i}`, 'date,y'),
      {},
      'line 9, column "y" has "abc"',
    ],
    [
      'infinity',
      rows(9, (i) => `${day(i)},${i === 7 ? '-inf' : i}`, 'date,y'),
      {},
      'has "-inf", expected a finite number',
    ],
    ['1e999', rows(9, (i) => `${day(i)},${i === 7 ? '1e999' : i}`, 'date,y'), {}, 'expected a number up to ±1e100. Wr'],
    ['1e101', rows(9, (i) => `${day(i)},${i === 7 ? '-1e101' : i}`, 'date,y'), {}, 'line 9, column "y" has "-1e101"'],
    [
      'a day that is none',
      rows(9, (i) => `2024-02-${22 + i},${i}`, 'date,y'),
      {},
      'has "2024-02-30", expected dates such as',
    ],
    ['no time', rows(9, (i) => `${i === 5 ? '' : day(i)},${i}`, 'date,y'), {}, 'line 7, column "date" has nothing'],
    [
      'ids that come back far below',
      [rows(600, (i) => `${day(i)},a,${i}`, 'date,id,y'), rows(600, (i) => `${day(i)},b,${i}`), '2030-01-01,a,3'].join(
        '\n',
      ),
      {},
      'line 1202 has the series "a" again, after another one. Sort the table by its ids',
    ],
  ];
  it.each(wrong)('refuses %s', async (_, text, options, message) => {
    await expect(read(text, options)).rejects.toThrow(message);
  });
});
