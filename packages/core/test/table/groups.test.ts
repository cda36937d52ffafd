/** Rows by group. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternates, groupsOf, openTable } from '../../src/table/index.ts';

async function grouped(text: string, names: readonly string[], isInterleaved = false) {
  const table = await openTable({ text, name: 'x.csv' }, { header: true });
  const groups = groupsOf<{ id: string; lines: number[] }>(table.rows(), {
    columns: table.named(names),
    table: table.name,
    what: 'series',
    isInterleaved,
    advice: { unnamed: 'Name it.', scattered: 'Sort it.' },
    open: (id) => ({ id, lines: [] }),
    add: ({ lines }, { line }) => lines.push(line),
  });
  const found: [string, number[]][] = [];
  for await (const { id, lines } of groups) found.push([id, lines]);
  return found;
}

describe('groups', () => {
  it('have their rows in the order of the table, and come in the order in which they begin', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 12 }), async (keys) => {
        const expected = [...new Set(keys)].map((one) => [
          one,
          keys.flatMap((other, i) => (other === one ? [i + 2] : [])),
        ]);
        expect(await grouped(`k,y\n${keys.map((one) => `${one},1`).join('\n')}`, ['k'], true)).toEqual(expected);
      }),
    );
  });

  it('are all rows without columns, and the rows that agree in several', async () => {
    const text = 'a,b,y\n1,2,0\n1,2,0\n1,3,0\n';
    expect(await grouped(text, [])).toEqual([['', [2, 3, 4]]]);
    expect(await grouped(text, ['a', 'b'])).toEqual([
      ['1/2', [2, 3]],
      ['1/3', [4]],
    ]);
  });

  it('are not one because their names are joined alike', async () => {
    expect((await grouped('a,b\nx/y,z\nx,y/z\n', ['a', 'b'])).map(([, lines]) => lines)).toEqual([[2], [3]]);
  });

  it('are refused where one comes back, and where a row has none', async () => {
    await expect(grouped('k,y\na,1\nb,1\na,1\n', ['k'])).rejects.toThrow(
      'data: x.csv, line 4 has the series "a" again, after another one. Sort it.',
    );
    await expect(grouped('j,k\na,1\na,\n', ['j', 'k'], true)).rejects.toThrow(
      'data: x.csv, line 3 has nothing in "k", expected the series that it belongs to. Name it.',
    );
  });

  it('alternate where they come back, or change with each row', () => {
    const rows = (keys: string) => [...keys].map((key, line) => ({ line, fields: [key] }));
    const columns = [{ at: 0 }];
    expect(['aabb', 'abab', 'aba', 'abc', 'a'].map((keys) => alternates(rows(keys), columns))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(alternates(rows('aba'), [])).toBe(false);
  });
});
