/** What the first rows say of a table: names, kinds, the decimal mark. */
import { describe, expect, it } from 'vitest';
import { CellError, openTable, type TableOptions } from '../../src/table/index.ts';

const tableOf = (text: string, options: TableOptions = {}) => openTable({ text, name: 'x.csv' }, options);
const namesOf = async (text: string, options?: TableOptions) =>
  (await tableOf(text, options)).columns.map(({ name }) => name);

describe('the header', () => {
  it.each([
    ['names above numbers', 't,y\n1,2\n', ['t', 'y']],
    ['a name above numbers, next to a number', '1,y\n1,2\n', ['1', 'y']],
    ['names above texts', 'a,b\nx,z\n', ['a', 'b']],
    ['names alone', 't,y\n', ['t', 'y']],
    ['quoted names', '"t ""1""","y, z"\n1,2\n', ['t "1"', 'y, z']],
    ['a name that is missing', ',y\n0,5\n1,6\n', ['column 1', 'y']],
    ['names that are missing values', 'na,y\n1,2\n', ['na', 'y']],
  ])('is the first row: %s', async (_, text, names) => expect(await namesOf(text)).toEqual(names));

  it.each([
    ['numbers', '1,5\n2,6\n'],
    ['one row of numbers', '1,5'],
    ['a missing value above numbers', 'NA,5\n2,6\n'],
    ['texts next to numbers', 'Monday,5\nTuesday,6\n'],
    ['years, as they are numbers', '2019,2020\n1,2\n'],
  ])('is none: %s', async (_, text) => expect(await namesOf(text)).toEqual(['column 1', 'column 2']));

  it('is what the caller says', async () => {
    expect(await namesOf('2019,2020\n1,2\n', { header: true })).toEqual(['2019', '2020']);
    expect(await namesOf('t,y\n1,2\n', { header: false, numberedFrom: 0 })).toEqual(['column 0', 'column 1']);
    const { sample } = await tableOf('t,y\n1,2\n', { header: false });
    expect(sample.map(({ line }) => line)).toEqual([1, 2]);
  });

  it('stands below empty lines, and above rows of nothing', async () => {
    const table = await tableOf('\n\nt,y\n\n,\n1,2\n');
    expect(table.columns.map(({ name }) => name)).toEqual(['t', 'y']);
    expect([table.firstRow?.line, table.sample.map(({ line }) => line)]).toEqual([3, [6]]);
  });
});

describe('columns', () => {
  it('hold numbers, texts, nothing, or a kind of the caller', async () => {
    const text = `n,w,e,d\n${Array.from({ length: 10 }, (_, i) => `${i === 3 ? 'x' : i},w${i},,d${i}`).join('\n')}`;
    const kinds = { day: (fields: readonly string[]) => fields.every((field) => /^d\d$/.test(field)) };
    const table = await openTable({ text }, { kinds });
    expect(table.columns.map(({ kind, fields }) => [kind, fields.length])).toEqual([
      ['number', 10],
      ['text', 10],
      ['empty', 0],
      ['day', 10],
    ]);
    expect((await openTable({ text: 'd1,d2\nd3,d4\n' }, { kinds })).columns[0].name).toBe('column 1');
  });

  it('have one currency or unit, else they are texts', async () => {
    const table = await tableOf('a;b;c\n$5;5 kW;5 kW\n7;6 kW;6 MW\n');
    expect(table.columns.map(({ kind, mark }) => [kind, mark])).toEqual([
      ['number', '$'],
      ['number', 'kW'],
      ['text', ''],
    ]);
    const later = await tableOf(`a;b\n${'1;5 kW\n'.repeat(1100)}1;5 MW\n`);
    const read = async () => {
      for await (const rows of later.rows()) for (const row of rows) later.numberAt(row, later.columns[1]);
    };
    await expect(read()).rejects.toThrow(/"5 MW", expected a number\. .*The numbers above have "kW"/);
  });

  it('are found by name, and refused where there is none or several', async () => {
    const table = await tableOf('a,b,b\n1,2,3\n');
    expect(table.named(['a'])[0].at).toBe(0);
    expect(() => table.named(['b'])).toThrow('x.csv has several columns "b", expected names that differ. Rename them.');
    expect(() => table.named(['c', 'a', 'd'])).toThrow('no column "c" or "d", expected one of "a", "b", "b".');
  });

  it('are none where the table is empty', async () => {
    for (const text of ['', '\n\n', ' ']) {
      const table = await tableOf(text);
      expect([table.columns, table.sample, table.firstRow]).toEqual([[], [], undefined]);
    }
  });
});

describe('the decimal mark', () => {
  const column = (fields: readonly string[], separator: string, options: TableOptions = {}) =>
    tableOf(['t;y', ...fields.map((field, i) => `${i};${field}`)].join('\n').replaceAll(';', separator), options);
  const valuesOf = async (fields: readonly string[], separator = ';', options: TableOptions = {}) => {
    const table = await column(fields, separator, options);
    const [y] = table.named(['y']);
    return table.sample.map((row) => table.numberAt(row, y));
  };

  it.each([
    ['1,5', 1.5],
    ['1.234,5', 1234.5],
    ['1,234.5', 1234.5],
    ['1.5', 1.5],
    ['1.234', 1.234],
    ['-0,25', -0.25],
    ['1e3', 1000],
  ])('of %s gives %d', async (field, expected) => expect(await valuesOf([field, field])).toEqual([expected, expected]));

  it('is asked for where points may stand between thousands', async () => {
    const counts = ['987', '1.234', '1.101'];
    await expect(valuesOf(counts)).rejects.toThrow(
      'x.csv, line 3, column "y" has "1.234", which can be 1234 or 1.234. Say which mark is the decimal one',
    );
    expect(await valuesOf(counts, ';', { decimal: ',' })).toEqual([987, 1234, 1101]);
    expect(await valuesOf(counts, ';', { decimal: '.' })).toEqual([987, 1.234, 1.101]);
    for (const sure of [
      ['9', '1.234', '1.2'],
      ['9', '1.234', '1100'],
      ['0.987', '1.234', '1'],
      ['1.234', '1.000'],
    ]) {
      expect(await valuesOf(sure)).toEqual(sure.map(Number));
    }
    expect(await valuesOf(counts, ',')).toEqual([987, 1.234, 1.101]);
  });

  it('is asked for where a comma may be either', async () => {
    const error = await column(['1,234'], ';').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CellError);
    expect(error).toMatchObject({ line: 2, column: 'y' });
    expect(await valuesOf(['1,234'], ';', { decimal: ',' })).toEqual([1.234]);
    expect(await valuesOf(['1,234'], ';', { decimal: '.' })).toEqual([1234]);
    expect(await valuesOf(['"1,234"'], ',')).toEqual([1234]);
  });

  it('is asked for where a point comes after the first thousand rows', async () => {
    const below = Array.from({ length: 1500 }, (_, i) => `${i};${100 + (i % 900)}`);
    const read = async (last: string, options: TableOptions = {}) => {
      const table = await tableOf(['t;y', ...below, `1500;${last}`].join('\n'), options);
      const [y] = table.named(['y']);
      let value = Number.NaN;
      for await (const rows of table.rows()) for (const row of rows) value = table.numberAt(row, y);
      return value;
    };
    await expect(read('1.052')).rejects.toThrow('line 1502, column "y" has "1.052", which can be 1052 or 1.052.');
    await expect(read('1,052')).rejects.toThrow('has "1,052", which can be 1052 or 1.052.');
    expect(await read('1.052', { decimal: ',' })).toBe(1052);
    expect(await read('1.052', { decimal: '.' })).toBe(1.052);
    expect(await read('105.2')).toBe(105.2);
  });

  it('is that of each column, where some have points and others commas', async () => {
    const table = await tableOf('a;b;c\n52.5;12,8;7\n52.25;1.012,7;8\n');
    const values = table.columns.map((column) => table.sample.map((row) => table.numberAt(row, column)));
    expect(values).toEqual([
      [52.5, 52.25],
      [12.8, 1012.7],
      [7, 8],
    ]);
  });

  it('is that of the numbers: texts do not vote', async () => {
    const text = 'version;y;note\n1.2.3;0,5;v1.5\n1.2.4;1,5;1.5 mm\n';
    const table = await tableOf(text);
    expect([table.decimal, table.numberAt(table.sample[1], table.named(['y'])[0])]).toEqual([',', 1.5]);
  });
});
