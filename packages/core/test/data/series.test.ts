import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSeries, type SeriesOptions, seriesRows } from '../../src/data/series.ts';
import { CellError } from '../../src/table/index.ts';
import { outcome, sizes, textChunks } from './chunks.ts';
import { folderOf } from './folder.ts';

async function read(text: string, options: SeriesOptions = {}, cuts: readonly number[] = []) {
  const rows: { line: number; values: number[] }[] = [];
  for await (const { line, values } of seriesRows(textChunks(text, cuts), 'x.csv', options)) {
    rows.push({ line, values: [...values] });
  }
  return rows;
}

async function* textBytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

const values = async (text: string, options?: SeriesOptions) => (await read(text, options)).map((row) => row.values);

describe('seriesRows', () => {
  it('gives back what was written, in any dialect, wherever the stream is cut', async () => {
    const number = fc.oneof(fc.double({ min: -1e300, max: 1e300 }), fc.integer());
    const dialect = fc.record({
      separator: fc.constantFrom(',' as const, ';' as const, '\t' as const),
      comma: fc.boolean(),
      end: fc.constantFrom('\n', '\r\n'),
      mark: fc.constantFrom('', '\ufeff'),
      quoted: fc.boolean(),
      given: fc.boolean(),
    });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) =>
        fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
      );
    await fc.assert(
      fc.asyncProperty(table, dialect, sizes, async (rows, { separator, comma, end, mark, quoted, given }, cuts) => {
        const decimal = comma && separator !== ',' ? ',' : '.';
        const write = (value: number) => {
          const text = Number.isNaN(value) ? '' : String(value).replace('.', decimal);
          return quoted ? `"${text}"` : text;
        };
        const header = rows[0].map((_, i) => `"c ${i} ""x"""`).join(separator);
        const text = mark + [header, ...rows.map((row) => row.map(write).join(separator))].join(end) + end;
        const back = await read(text, { decimal, ...(given && { separator }) }, cuts);
        // String(−0) is '0'.
        expect(back.map((row) => row.values)).toEqual(rows.map((row) => row.map((value) => value + 0)));
        expect(back.map((row) => row.line)).toEqual(rows.map((_, i) => i + 2));
      }),
      { numRuns: 60 },
    );
  });

  it('finds columns by name and by index, with a header or without', async () => {
    expect(await values('t,y\n1,5\n2,6\n', { columns: ['y'] })).toEqual([[5], [6]]);
    expect(await values('t,y\n1,5\n', { columns: [1, 't'] })).toEqual([[5, 1]]);
    expect(await values('1;5\n2;6')).toEqual([
      [1, 5],
      [2, 6],
    ]);
    expect(await values('day,y\nMonday,5\n', { columns: ['y'] })).toEqual([[5]]);
    expect(await values('2019,2020\n1,2\n', { header: true, columns: ['2020'] })).toEqual([[2]]);
    expect(await values('')).toEqual([]);
  });

  it('finds the decimal mark, and refuses what can be read in two ways', async () => {
    expect(await values('t;y\n1;2,5\n2;3\n')).toEqual([
      [1, 2.5],
      [2, 3],
    ]);
    expect(await values('t,y\n1,"1,234.5"\n')).toEqual([[1, 1234.5]]);
    await expect(values('t;y\n1;1,234\n')).rejects.toThrow('which can be 1234 or 1.234');
  });

  it('reads what is missing as NaN', async () => {
    expect(await values('t,y\n1,NA\n2,\n3, null \n4,7\n', { columns: ['y'] })).toEqual([[NaN], [NaN], [NaN], [7]]);
    expect(await values('y,z\n-999,1\n', { missing: ['-999'] })).toEqual([[NaN, 1]]);
    expect(await values('y\n1\n\n3\n\n')).toEqual([[1], [NaN], [3]]);
  });

  it('says file, line and what to do', async () => {
    const message = (text: string, options?: SeriesOptions) => outcome(() => read(text, options));
    expect(await message('t,y\n1,2\n2,x\n')).toBe(
      'data: x.csv, line 3, column "y" has "x", expected a number. ' +
        'Choose columns of numbers (columns), or say what stands for a missing value (missing).',
    );
    expect(await message('t;y\n1;2,5\n', { decimal: '.' })).toContain("If the decimal mark is ',', say so (decimal).");
    expect(await message('t,y\n1,2,3\n')).toContain('x.csv, line 2 has 3 fields, expected 2, as the first row has.');
    expect(await message('t,y\n1,2\n', { columns: ['z'] })).toContain(
      'x.csv has no column "z", expected one of "t", "y"',
    );
    expect(await message('t,y\n1,2\n', { columns: [2] })).toContain(
      'no column 2, expected a name or an index from 0 to 1.',
    );
    expect(await message('t,y\n1,2\n', { columns: [] })).toContain('columns is empty, expected at least one');
    expect(await message('y,y\n1,2\n', { columns: ['y'] })).toContain('has several columns "y"');
    expect(await message('y,y\n1,2\n')).toContain('has several columns "y"');
    expect(await message('t,y\n1,"2\n3,4\n')).toMatch(
      /x\.csv, line \d is not CSV: a quote is not closed.*Fix the quotes/,
    );
    expect(await message('t,y\n1,2"3"\n')).toContain('x.csv, line 2 is not CSV: ');
    const error = await read('t,y\n1,2\n2,x\n').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CellError);
    expect(error).toMatchObject({ table: 'x.csv', line: 3, column: 'y' });
  });

  it('never fails in another way, and the same wherever a damaged stream is cut', async () => {
    const damaged = fc.string({ unit: fc.constantFrom(',', ';', '"', '\n', '\r', ' ', '1', '2', '.', 'a', '\ufeff') });
    await fc.assert(
      fc.asyncProperty(damaged, sizes, async (text, cuts) => {
        const whole = await outcome(() => read(text));
        expect(await outcome(() => read(text, {}, cuts))).toEqual(whole);
        if (typeof whole === 'string') expect(whole).toMatch(/^data: x\.csv.*(column|fields|quote)/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('readSeries', () => {
  it('reads files, packed or not, and texts', async () => {
    const folder = await folderOf({ 'a.csv': 't,y\n1,2\n', 'a.csv.gz': gzipSync('t,y\n1,2\n') });
    for (const name of ['a.csv', 'a.csv.gz']) {
      const { columns, length, values } = await readSeries(join(folder, name));
      expect([columns, length, [...values]]).toEqual([['t', 'y'], 1, [1, 2]]);
    }
    expect((await readSeries({ bytes: textBytes('t,y\n1,2\n'), name: 'b' })).name).toBe('b');
    expect((await readSeries({ text: '1\n2\n' })).columns).toEqual(['column 0']);
    expect((await readSeries({ text: 'a,a\n1,2\n' }, { columns: [0, 1] })).columns).toEqual(['a', 'a']);
    await expect(readSeries({ text: 't,y\n' })).rejects.toThrow('data: the text has no rows of numbers.');
  });

  it('reads a real series', async () => {
    const path = new URL('../../../../test/fixtures/data/presidents.csv', import.meta.url).pathname;
    const { length, values } = await readSeries(path, { columns: ['y'] });
    expect([length, values[1], values.filter(Number.isNaN).length]).toEqual([120, 87, 6]);
  });
});
