import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { inChunks, sizes } from '../../../core/test/data/chunks.ts';
import { folderOf } from '../../../core/test/data/folder.ts';
import { TimeAxis } from '../../src/timeTable/axis.ts';
import { detectFrequency } from '../../src/timeTable/detect.ts';
import type { Frequency } from '../../src/timeTable/index.ts';
import { day, readAll, readOne, rows, told } from './tables.ts';

const units: Frequency[] = [
  ...[1, 5, 15, 30].map((every) => ({ unit: 'minute' as const, every })),
  ...[1, 6].map((every) => ({ unit: 'hour' as const, every })),
  { unit: 'day', every: 1 },
  { unit: 'businessDay', every: 1 },
  { unit: 'week', every: 1 },
  ...[1, 3, 12].map((every) => ({ unit: 'month' as const, every })),
];
const start = fc.integer({ min: 0, max: 20_000 }).map((n) => n * 86_400_000);
const value = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((x) => x + 0) },
  fc.constant(Number.NaN),
);

/** A series with values at both ends, and its axis. */
const anySeries = fc
  .tuple(fc.constantFrom(...units), start, fc.array(value, { minLength: 12, maxLength: 40 }))
  .map(([frequency, from, values]) => {
    const axis = new TimeAxis({ frequency, start: from, style: 'datetime' });
    // Business days begin on one.
    const kept = new TimeAxis({ frequency, start: axis.at(0), style: 'datetime' });
    return { axis: kept, values: [1, ...values.slice(1, -1), 2] };
  });

const plain = (values: Iterable<number>) => [...values].map((x) => (Number.isNaN(x) ? null : x));

describe('tables', () => {
  it('give back the series that were written, in any order of rows, wherever the stream is cut', async () => {
    const dialect = fc.record({
      separator: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n'),
      mark: fc.constantFrom('', '\ufeff'),
      packed: fc.boolean(),
      shuffled: fc.infiniteStream(fc.nat()).map((stream) => [...stream.take(60)]),
      isShuffled: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anySeries, { minLength: 1, maxLength: 3 }), dialect, sizes, async (all, how, cuts) => {
        const { separator, end, mark, packed, shuffled, isShuffled } = how;
        const lines = all.flatMap(({ axis, values }, k) => {
          const own = values.map((x, i) => ({
            line: [axis.label(i), `s${k}`, Number.isNaN(x) ? '' : x].join(separator),
            at: shuffled[i],
          }));
          return (isShuffled ? own.sort((a, b) => a.at - b.at) : own).map(({ line }) => line);
        });
        const text = mark + [['when', 'id', 'y'].join(separator), ...lines].join(end) + end;
        const bytes = new TextEncoder().encode(text);
        const { series } = await readAll(
          { bytes: inChunks(packed ? gzipSync(bytes) : bytes, cuts), name: 'x' },
          { id: ['id'] },
        );
        expect(series.map(({ id, values }) => [id, plain(values)])).toEqual(
          all.map(({ values }, k) => [`s${k}`, plain(values)]),
        );
        series.forEach((one, k) => {
          const { axis, values } = all[k];
          expect(one.axis.at(values.length + 7)).toBe(axis.at(values.length + 7));
        });
      }),
      { numRuns: 40 },
    );
  });

  it('have the same series long, interleaved, wide and in a file', async () => {
    const series = [0, 1, 2].map((k) => Array.from({ length: 9 }, (_, i) => 10 * k + i));
    const long = ['date,id,y', ...series.flatMap((values, k) => values.map((x, i) => `${day(i)},s${k},${x}`))].join(
      '\n',
    );
    const turns = [
      'date,id,y',
      ...series[0].flatMap((_, i) => series.map((values, k) => `${day(i)},s${k},${values[i]}`)),
    ].join('\n');
    const wide = [
      'date,s0,s1,s2',
      ...series[0].map((_, i) => [day(i), ...series.map((values) => values[i])].join(',')),
    ].join('\n');
    const folder = await folderOf({ 'long.csv': long, 'long.csv.gz': gzipSync(long) });
    for (const source of [
      { text: long },
      { text: turns },
      { text: wide },
      join(folder, 'long.csv'),
      join(folder, 'long.csv.gz'),
    ]) {
      const { series: found, table } = await readAll(source);
      expect(found.map(({ id, values }) => [id, [...values]])).toEqual(series.map((values, k) => [`s${k}`, values]));
      expect(table.progress()).toBe(typeof source === 'string' ? 1 : undefined);
    }
  });

  it('hold one series at a time where ids stand together', async () => {
    let sent = 0;
    async function* bytes() {
      yield new TextEncoder().encode('date,id,y\n');
      for (let k = 0; k < 40; k++) {
        sent++;
        yield new TextEncoder().encode(`${rows(500, (i) => `${day(i)},s${k},${i}`)}\n`);
      }
    }
    const ahead: number[] = [];
    const { openTimeTable } = await import('../../src/timeTable/index.ts');
    const table = await openTimeTable({ bytes: bytes() });
    let read = 0;
    for await (const _ of table.series()) ahead.push(sent - ++read);
    expect(read).toBe(40);
    // The first 1000 rows are looked at before, and a series ends where the next begins.
    expect(Math.max(...ahead)).toBeLessThanOrEqual(4);
  });

  it.skipIf(process.platform !== 'linux')('leave no file open, whatever ends the reading', async () => {
    const long = rows(3000, (i) => `${day(i % 1500)},${i < 1500 ? 'a' : 'b'},${i}`, 'date,id,y');
    const folder = await folderOf({ 'x.csv': long, 'wrong.csv': rows(3000, () => 'a,b') });
    const open = async () => (await readdir('/proc/self/fd')).length;
    const { openTimeTable } = await import('../../src/timeTable/index.ts');
    const before = await open();
    await expect(openTimeTable(join(folder, 'wrong.csv'))).rejects.toThrow('no column of numbers');
    for await (const _ of (await openTimeTable(join(folder, 'x.csv'))).series()) break;
    await readAll(join(folder, 'x.csv'));
    expect(await open()).toBe(before);
  });
});

describe('axes', () => {
  it('have the frequency that they were made with, and know each of their steps', () => {
    fc.assert(
      fc.property(anySeries, fc.integer({ min: 0, max: 500 }), ({ axis }, i) => {
        expect(axis.stepOf(axis.at(i))).toBe(i);
        expect(axis.from(i).at(3)).toBe(axis.at(i + 3));
        const times = Float64Array.from({ length: 30 }, (_, step) => axis.at(step));
        expect(detectFrequency(times, false)).toMatchObject({ frequency: axis.frequency });
      }),
    );
  });

  it('keep to the last day of the month, and to the 30th', async () => {
    const ends = await readOne('date,y\n2024-01-31,1\n2024-02-29,2\n2024-03-31,3');
    expect(ends.axis.from(12).label(1)).toBe('2025-02-28');
    const thirtieth = await readOne('date,y\n2024-01-30,1\n2024-02-29,2\n2024-03-30,3');
    expect(told(thirtieth).next).toBe('2024-04-30');
    expect(thirtieth.axis.label(4)).toBe('2024-05-30');
  });
});
