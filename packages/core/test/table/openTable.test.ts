/** Tables from files, texts and bytes: all their rows, and the cells that are refused. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CellError, openTable, type Table, type TableSource } from '../../src/table/index.ts';
import { inChunks, textChunks } from '../data/chunks.ts';
import { folderOf } from '../data/folder.ts';

async function linesOf(table: Table): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const rows of table.rows()) for (const { line, fields } of rows) lines.push([line, fields.join('|')]);
  return lines;
}

describe('a table', () => {
  it('is the same from a file, plain or gzip, from a text and from bytes', async () => {
    const text = 't,y\n1,2\n3,4\n';
    const folder = await folderOf({ 'a.csv': text, 'a.csv.gz': gzipSync(text), plain: gzipSync(text) });
    const sources: TableSource[] = [
      join(folder, 'a.csv'),
      join(folder, 'a.csv.gz'),
      join(folder, 'plain'),
      { text },
      { text: textChunks(text, [1]) },
      { bytes: inChunks(new TextEncoder().encode(text), [2]) },
      { bytes: inChunks(gzipSync(text), [3]), name: 'x' },
    ];
    const names: string[] = [];
    for (const source of sources) {
      const table = await openTable(source);
      names.push(table.name);
      expect(await linesOf(table)).toEqual([
        [2, '1|2'],
        [3, '3|4'],
      ]);
      expect(table.progress()).toBe(typeof source === 'string' ? 1 : undefined);
    }
    expect(names.slice(3)).toEqual(['the text', 'the text', 'the table', 'x']);
    await expect(openTable({} as TableSource)).rejects.toThrow('got no table, expected a path, { text } or { bytes }.');
    await expect(openTable(join(folder, 'none.csv'))).rejects.toThrow('there is no ');
  });

  it('is read as Windows-1252 or UTF-16, wherever it is cut, where it is not UTF-8', async () => {
    const rows = 't;Größe €\n1;2\n';
    const windows = Uint8Array.from(rows, (letter) => (letter === '€' ? 0x80 : letter.charCodeAt(0)));
    const utf16 = Uint8Array.from([
      0xff,
      0xfe,
      ...Array.from(rows).flatMap((x) => [x.charCodeAt(0) & 255, x.charCodeAt(0) >> 8]),
    ]);
    for (const [bytes, encoding] of [
      [windows, 'Windows-1252'],
      [utf16, 'UTF-16'],
      [new TextEncoder().encode(rows), 'UTF-8'],
    ] as const) {
      for (const cut of [1, 2, 3, 5, 1000]) {
        const table = await openTable({ bytes: inChunks(bytes, [cut]) });
        expect(table.columns.map(({ name }) => name)).toEqual(['t', 'Größe €']);
        expect([table.sample.length, table.encoding()]).toEqual([1, encoding]);
      }
    }
    const broken = Uint8Array.of(0x74, 0x0a, 0xc3, 0xa4, 0x0a, 0xff, 0x0a);
    await expect(openTable({ bytes: inChunks(broken, [1000]) })).rejects.toThrow('expected UTF-8 text');
  });

  it('is refused by what it is where it is no text', async () => {
    const open = (...bytes: number[]) => openTable({ bytes: inChunks(Uint8Array.from(bytes), [1]), name: 'x' });
    await expect(open(0x50, 0x4b, 3, 4, 0, 0)).rejects.toThrow('x is an Excel workbook');
    await expect(open(...Buffer.from('PAR1....'))).rejects.toThrow(
      'x is Parquet, expected CSV or JSON as text. Convert it',
    );
    await expect(open(...Buffer.from('SQLite format 3\0'))).rejects.toThrow('x is a SQLite database');
    await expect(open(0x74, 0x0a, 0, 1)).rejects.toThrow('x has a byte 0, expected text.');
  });

  it('may be JSON: a list of records, lists by name, or a record in each line', async () => {
    const texts = [
      '[{"t":"a","y":1.5},\n {"t":"b","y":null}]',
      '{"data": [{"t":"a","y":1.5},{"t":"b"}]}',
      '{"t":["a","b"],"y":[1.5,null]}',
      '{"t":"a","y":1.5}\n{"y":null,"t":"b"}\n\n',
    ];
    for (const text of texts) {
      const table = await openTable({ text: textChunks(text, [3]), name: 'x.json' });
      expect(table.columns.map(({ name }) => name)).toEqual(['t', 'y']);
      expect((await linesOf(table)).map(([, fields]) => fields)).toEqual(['a|1.5', 'b|']);
    }
    const wrong: [string, string][] = [
      ['{"a": 1}', 'x.json is JSON, but no table'],
      ['[{"a": 1}', 'x.json is not JSON'],
      ['{"a":1}\n{"a":2,"b":3}', 'line 2 has a value "b", which the first record has not'],
      ['[{"a":{"b":1}}]', 'line 1, column "a" has a list or an object'],
      ['{"a":[1,2],"b":[1]}', 'has 1 values of "b" and 2 of another'],
    ];
    for (const [text, message] of wrong) {
      const read = async () => linesOf(await openTable({ text, name: 'x.json' }));
      await expect(read()).rejects.toThrow(message);
    }
  });

  it('has more rows than were looked at, in their order', async () => {
    const text = `y\n${Array.from({ length: 3000 }, (_, i) => i).join('\n')}`;
    const table = await openTable({ text: textChunks(text, [1000]) });
    expect(table.sample.length).toBe(999);
    expect((await linesOf(table)).map(([, field]) => Number(field))).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  it('of one column has missing values where lines between rows are empty', async () => {
    expect(await linesOf(await openTable({ text: '\ny\n\n1\n\n \n2\n\n' }))).toEqual([
      [4, '1'],
      [5, ''],
      [6, ''],
      [7, '2'],
    ]);
    expect(await linesOf(await openTable({ text: 't,y\n\n1,2\n\n3,4\n\n' }))).toEqual([
      [3, '1|2'],
      [5, '3|4'],
    ]);
  });

  it('is known by rows that have something, however many empty lines are between them', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => `${i},${i}`);
    const table = await openTable({ text: `\n\nt,y\n${'\n'.repeat(5000)}${rows.join('\n\n')}` });
    expect([table.sample.length, table.columns[1].kind, (await linesOf(table)).length]).toEqual([999, 'number', 2000]);
    const single = await openTable({ text: `1\n${'\n'.repeat(300_000)}2` });
    expect((await linesOf(single)).length).toBe(300_002);
  });

  it('gives the rows above a row that is too short', async () => {
    const table = await openTable({ text: 't,y\n1,2\n3\n', name: 'x.csv' });
    const read: number[] = [];
    const reading = (async () => {
      for await (const rows of table.rows()) read.push(...rows.map(({ line }) => line));
    })();
    await expect(reading).rejects.toThrow('x.csv, line 3 has 1 fields, expected 2, as the first row has. Fix the row');
    expect(read).toEqual([2]);
  });

  it.skipIf(process.platform !== 'linux')('leaves no file open, whatever ends the reading', async () => {
    const folder = await folderOf({ 'x.csv': `t;y\n${'1;2\n'.repeat(200_000)}`, 'unclear.csv': 't;y\n1;1,234\n' });
    const open = async () => (await readdir('/proc/self/fd')).length;
    const before = await open();
    await (await openTable(join(folder, 'x.csv'))).close();
    for await (const _ of (await openTable(join(folder, 'x.csv'))).rows()) break;
    await linesOf(await openTable(join(folder, 'x.csv')));
    await expect(openTable(join(folder, 'unclear.csv'))).rejects.toThrow('can be 1234 or 1.234');
    expect(await open()).toBe(before);
  });
});

describe('a cell', () => {
  const numberIn = async (field: string, options = {}) => {
    const table = await openTable({ text: `t;y\n1;0.5\n2;${field}`, name: 'x.csv' }, options);
    return table.numberAt(table.sample[1], table.named(['y'])[0]);
  };

  it('gives its number, or NaN', async () => {
    expect([await numberIn('7'), await numberIn('NA'), await numberIn('1e300')]).toEqual([7, Number.NaN, 1e300]);
  });

  it.each([
    ['abc', {}, 'has "abc", expected a number. Fix it, or choose columns of numbers.'],
    ['abc', { advice: 'Name others.' }, 'has "abc", expected a number. Name others.'],
    ['1,5', {}, 'has "1,5", expected a number. If the decimal mark is \',\', say so (decimal).'],
    ['-inf', {}, 'has "-inf", expected a finite number. Write the value, or leave the field empty'],
    ['1e999', {}, 'has "1e999", expected a number up to ±1.8e308.'],
    ['-1e101', { largest: 1e100 }, 'has "-1e101", expected a number up to ±1e100.'],
    ['x'.repeat(99), {}, `has "${'x'.repeat(40)}", expected a number.`],
  ])('is refused: %s', async (field, options, message) => {
    await expect(numberIn(field, options)).rejects.toThrow(`data: x.csv, line 3, column "y" ${message}`);
  });

  it('that is refused says its place in properties, and its sentence in other words', async () => {
    const error = await numberIn('abc').catch((thrown: unknown) => thrown as CellError);
    expect(error).toBeInstanceOf(CellError);
    expect(error).toMatchObject({ name: 'CellError', where: 'data', table: 'x.csv', line: 3, column: 'y' });
    const words = { cell: ({ line }: { line: number }) => `values[${line}]`, line: (line: number) => `[${line}]` };
    expect((error as CellError).sentence(words)).toBe('values[3] has "abc", expected a number');
    const pair = new CellError({ table: 'x', line: 5 }, (line) => `is as ${line(3)}`, 'Fix it.');
    expect([pair.message, pair.sentence(words), pair.advice]).toEqual([
      'data: x, line 5 is as line 3. Fix it.',
      'values[5] is as [3]',
      'Fix it.',
    ]);
  });
});
