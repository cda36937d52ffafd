import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeTicks } from '../../src/chart/timeTicks.ts';

const ticks = (from: string, to: string, wanted: number) =>
  timeTicks(Date.parse(from), Date.parse(to), wanted).map(({ text, context }) =>
    context === undefined ? text : `${text}/${context}`,
  );

describe('timeTicks', () => {
  it('has years, or every fifth or tenth of them and so on', () => {
    expect(ticks('1949-01-01', '1961-12-01', 5)).toEqual(['1950', '1952', '1954', '1956', '1958', '1960']);
    expect(ticks('1749-01-01', '1984-01-01', 5)).toEqual(['1750', '1800', '1850', '1900', '1950']);
  });

  it('has months, with the year where it changes', () => {
    expect(ticks('2020-09-15', '2021-05-01', 2)).toEqual(['Oct/2020', 'Jan/2021', 'Apr']);
  });

  it('has Mondays, days and hours', () => {
    expect(ticks('2024-12-20', '2025-01-14', 3)).toEqual(['23 Dec/2024', '30 Dec', '6 Jan/2025', '13 Jan']);
    expect(ticks('2024-02-28', '2024-03-02', 3)).toEqual(['28 Feb/2024', '29 Feb', '1 Mar', '2 Mar']);
    expect(ticks('2024-02-28T20:00Z', '2024-02-29T08:00Z', 4)).toEqual([
      '21:00/28 Feb 2024',
      '00:00/29 Feb 2024',
      '03:00',
      '06:00',
    ]);
  });

  it('has seconds and milliseconds', () => {
    expect(ticks('2024-01-01T00:00:58Z', '2024-01-01T00:01:02Z', 2)).toEqual([
      '00:00:58/1 Jan 2024',
      '00:01:00',
      '00:01:02',
    ]);
    expect(ticks('2024-01-01T00:00:00.1Z', '2024-01-01T00:00:00.3Z', 2)[0]).toBe('00:00:00.100/1 Jan 2024');
  });

  it('has years before 100', () => {
    expect(ticks('0000-01-01', '0200-01-01', 4)).toEqual(['0', '50', '100', '150', '200']);
  });

  it('is in order, inside, and of about the wanted number, for any times', () => {
    const time = fc.integer({ min: -8.64e15, max: 8.64e15 });
    const near = fc
      .tuple(fc.integer({ min: -5e12, max: 5e12 }), fc.integer({ min: 0, max: 1e12 }))
      .map(([a, b]) => [a, a + b]);
    fc.assert(
      fc.property(fc.oneof(fc.tuple(time, time), near), fc.integer({ min: 1, max: 12 }), (ends, wanted) => {
        const [low, high] = [Math.min(...ends), Math.max(...ends)];
        const values = timeTicks(low, high, wanted).map(({ value }) => value);
        expect(values.length).toBeLessThanOrEqual(2 * wanted + 2);
        values.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(i === 0 ? low : values[i - 1] + 1);
          expect(value).toBeLessThanOrEqual(high);
        });
      }),
    );
  });
});
