import { describe, expect, it } from 'vitest';
import type { TimeTableOptions } from '../../src/timeTable/index.ts';
import { stepsLine, TableNotes } from '../../src/timeTable/index.ts';
import { day, minute, read, readOne, rows } from './tables.ts';

async function notes(text: string, options: TimeTableOptions = {}): Promise<string[]> {
  const { table, series } = await read(text, options);
  const found = new TableNotes(table);
  for (const one of series) found.add(one);
  return found.lines();
}

describe('notes on a table', () => {
  it('are none where nothing had to be done', async () => {
    expect(await notes(rows(9, (i) => `${day(i)},${i}`, 'date,y'))).toEqual([]);
  });

  it('sum up all series, and name the worst', async () => {
    const series = (id: string, kept: readonly number[]) => kept.map((i) => `${day(i)},${id},${i}`);
    const text = [
      'date,id,y',
      ...series('a', [0, 1, 2, 4, 5]),
      ...series('b', [0, 1, 5, 6]),
      ...series('c', [2, 1, 0]),
    ];
    expect(await notes(text.join('\n'))).toEqual([
      '4 of 16 steps are missing in 2 of 3 series, the longest gap 3 from 2024-01-03 in "b"',
      '2 rows came after a later one and were sorted',
    ]);
  });

  it('tell of the future, of clocks and of what was combined', async () => {
    const times = [22, 23, 24, 25, 26, 26, 27, 28].map((hour) => minute(60 * hour, Date.UTC(2024, 9, 26)));
    const text = ['time,y', ...times.map((time, i) => `${time},${i < 6 ? i : ''}`)].join('\n');
    expect(await notes(text)).toEqual([
      '2 steps at the end without a value: the forecast begins before them',
      'a local clock: 0 hours skipped (missing), 1 hour shown twice (averaged)',
    ]);
    expect(
      await notes(
        rows(6, (i) => `${day(i >> 1)},${i}`, 'date,y'),
        { duplicates: 'sum' },
      ),
    ).toEqual(['3 rows combined with others of the same step']);
  });

  it('name series of another frequency, and those without values', async () => {
    const text = [
      rows(12, (i) => `${day(i)},a,${i}`, 'date,id,y'),
      rows(12, (i) => `${day(7 * i)},b,${i}`),
      rows(12, (i) => `${day(i)},c,`),
    ].join('\n');
    expect(await notes(text)).toEqual([
      '1 series not daily as the first: "b" is weekly; give the frequency to have one for all',
      'left out, as they have no values: "c"',
    ]);
  });

  it('say which seasons are in use', async () => {
    const hourly = await readOne(rows(48, (i) => `${minute(60 * i)},${i}`, 'time,y'));
    expect(stepsLine(hourly)).toBe('hourly, seasons of 24 and 168 steps');
    expect(stepsLine(hourly, [24])).toBe('hourly, season of 24 steps');
    expect(stepsLine(hourly, [1])).toBe('hourly, no season');
    expect(stepsLine(await readOne('y\n1\n5\n3'))).toBe('no calendar, seasons found in the values');
  });
});
