/** Values of series: their numbers, and what is missing. What a number is has its tests in @mamba-ts/core. */
import { expect, it } from 'vitest';
import { CellError } from '../../../core/src/table/index.ts';
import { day, month, read, readOne, rows } from './tables.ts';

const table = (fields: readonly string[], separator = ';') =>
  ['month;y', ...fields.map((field, i) => `${month(i)};${field}`)].join('\n').replaceAll(';', separator);

it('have the decimal mark that the table shows, or that the user gives', async () => {
  expect([...(await readOne(table(['1.234,5', '0,25']))).values]).toEqual([1234.5, 0.25]);
  expect([...(await readOne(table(['"1,234"', '5'], ','))).values]).toEqual([1234, 5]);
  const unclear = table(['987', '1.234', '1.101']);
  await expect(read(unclear)).rejects.toThrow('line 3, column "y" has "1.234", which can be 1234 or 1.234. Say which');
  expect([...(await readOne(unclear, { decimal: ',' })).values]).toEqual([987, 1234, 1101]);
  expect([...(await readOne(unclear, { decimal: '.' })).values]).toEqual([987, 1.234, 1.101]);
});

it('are missing where the field is empty or has a word for it, of the user if there is one', async () => {
  const fields = ['1', '', 'NA', 'n/a', 'null', '?', '7'];
  expect([...(await readOne(table(fields))).values]).toEqual([1, ...new Array(5).fill(Number.NaN), 7]);
  const closed = table(['1', 'closed', '-999', '4']);
  expect([...(await readOne(closed, { missing: ['Closed', '-999'] })).values]).toEqual([1, Number.NaN, Number.NaN, 4]);
});

it('are missing in the empty lines of a single column, but not before the first value and after the last', async () => {
  expect([...(await readOne('\ny\n\n1\n\n3\n\n')).values]).toEqual([1, Number.NaN, 3]);
});

it('are refused with their place in properties', async () => {
  const error = await read(rows(9, (i) => `${day(i)},${i === 7 ? 'abc' : i}`, 'date,y')).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CellError);
  expect(error).toMatchObject({ table: 'x.csv', line: 9, column: 'y' });
});

it('that repeat a time are refused with both places', async () => {
  const text = `date,y\n${[0, 1, 2, 2, 3].map((i) => `${day(i)},${i}`).join('\n')}`;
  const error = await read(text).catch((thrown: unknown) => thrown as CellError);
  expect(error).toBeInstanceOf(CellError);
  const words = { cell: ({ line }: { line: number }) => `times[${line}]`, line: (line: number) => `[${line}]` };
  expect((error as CellError).sentence(words)).toBe('times[5] has the time of [4] again, 2024-01-03');
});
