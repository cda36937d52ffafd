/** CSV text to rows: dialects, quotes, lines, and texts that are none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCsv } from '../../src/table/csv.ts';
import { CellError, type Separator, type TableRow } from '../../src/table/index.ts';
import { outcome, sizes, textChunks } from '../data/chunks.ts';

async function rowsOf(text: string, separator?: Separator, cuts: readonly number[] = []): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  const csv = await openCsv(textChunks(text, cuts), 'x.csv', separator);
  for await (const batch of csv.batches) rows.push(...batch);
  return rows;
}

const fieldsOf = async (text: string, separator?: Separator) =>
  (await rowsOf(text, separator)).map(({ fields }) => fields);

const separatorOf = async (text: string) => (await openCsv(textChunks(text, []), 'x.csv')).separator;

describe('rows of CSV', () => {
  it('have the fields that were written, in any dialect, wherever the stream is cut', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '1', '.', '"', ',', ';', '\t', '|', '\n', '\r\n', ' ') });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    const dialect = fc.record({
      separator: fc.constantFrom<Separator>(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      mark: fc.constantFrom('', '\ufeff'),
      isLastEnded: fc.boolean(),
      isQuoted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(table, dialect, sizes, async (rows, how, cuts) => {
        const { separator, end, mark, isLastEnded, isQuoted } = how;
        const plain = new RegExp(`^[^"\\n\\r${separator}]*$`);
        const write = (text: string) =>
          !isQuoted && plain.test(text) && text.trim() === text ? text : `"${text.replaceAll('"', '""')}"`;
        const text = mark + rows.map((row) => row.map(write).join(separator)).join(end) + (isLastEnded ? end : '');
        expect((await rowsOf(text, separator, cuts)).map(({ fields }) => fields)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('end on the line that they say', async () => {
    const text = 'a,b\n"x\ny",1\n\n3,4\r\n5,"6"\r7,8';
    expect((await rowsOf(text)).map(({ line, fields }) => [line, fields.join('|')])).toEqual([
      [1, 'a|b'],
      [3, 'x\ny|1'],
      [4, ''],
      [5, '3|4'],
      [6, '5|6'],
      [7, '7|8'],
    ]);
    for (const cuts of [[1], [2], [5], [7]]) expect(await rowsOf(text, ',', cuts)).toEqual(await rowsOf(text));
  });

  it('are without spaces around their fields, and keep those within quotes', async () => {
    expect(await fieldsOf(' a ,\u00a0b\n" c ", d \n"", "e"\n')).toEqual([
      ['a', 'b'],
      [' c ', 'd'],
      ['', 'e'],
    ]);
    expect(await fieldsOf(' " c, d " ,e\n')).toEqual([[' c, d ', 'e']]);
    expect(await fieldsOf('')).toEqual([]);
  });

  it('are refused where the quotes are wrong, by line', async () => {
    const cases: [string, string][] = [
      ['a,b\n1,"2\n3,4\n', 'is not CSV: a quote is not closed. Fix the quotes'],
      ['a,b\n1,2"3"\n', 'line 2 is not CSV: a field has a quote, but does not begin with one.'],
      ['a,b\n1,"2"3\n', 'line 2 is not CSV: a quoted field has text after its closing quote.'],
      ['a,b\n1,"2" 3\n', 'line 2 is not CSV: a quoted field has text after its closing quote.'],
    ];
    for (const [text, message] of cases) await expect(rowsOf(text)).rejects.toThrow(message);
    const error = await rowsOf(cases[1][0]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CellError);
    expect(error).toMatchObject({ table: 'x.csv', line: 2, column: undefined });
  });

  it('are the same or the same error wherever a damaged text is cut', async () => {
    const damaged = fc.string({ unit: fc.constantFrom(',', ';', '"', '\n', '\r', ' ', '1', 'a', '\ufeff') });
    await fc.assert(
      fc.asyncProperty(damaged, sizes, async (text, cuts) => {
        const whole = await outcome(() => rowsOf(text));
        expect(await outcome(() => rowsOf(text, undefined, cuts))).toEqual(whole);
        if (typeof whole === 'string') expect(whole).toMatch(/^data: x\.csv, line \d+ is not CSV: /);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused where one is endless, in a time that grows with its length', async () => {
    async function* endless(begin: string, piece: string) {
      yield begin;
      for (let i = 0; i < 200; i++) yield piece.repeat(2 ** 17);
    }
    for (const [begin, piece] of [
      ['', '1'],
      ['', '1,'],
      ['"', '1\n'],
    ]) {
      const begun = performance.now();
      await expect(openCsv(endless(begin, piece), 'x.csv')).rejects.toThrow(
        'x.csv, line 1 begins a row of more than 16777216 characters, expected line ends and closed quotes.',
      );
      expect(performance.now() - begun).toBeLessThan(20_000);
    }
  });
});

describe('the separator of CSV', () => {
  it('is the one that the first line has most of, outside quotes', async () => {
    expect(await separatorOf('a,b;c;d\n1,2\n')).toBe(';');
    expect(await separatorOf('"a,b,c,d"\te\n')).toBe('\t');
    expect(await separatorOf('a|b')).toBe('|');
    expect(await separatorOf('a\n1;2')).toBe(',');
  });

  it('is the one that the first line names', async () => {
    for (const [line, separator] of [
      ['sep=;\n', ';'],
      ['\ufeff"sep=|"\r\n', '|'],
      ['SEP=\t\n', '\t'],
    ] as const) {
      expect(await separatorOf(`${line}a,b,c\n`)).toBe(separator);
      expect((await rowsOf(`${line}a,b,c\n`)).map((row) => row.line)).toEqual([2]);
    }
    expect(await fieldsOf('sep=;\na,b\n', ',')).toEqual([['a', 'b']]);
  });
});
