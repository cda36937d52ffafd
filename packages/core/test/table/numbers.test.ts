/** Fields to numbers and missing values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecimalMark, MISSING, numberReader } from '../../src/table/index.ts';

const point = numberReader({ decimal: '.' });
const comma = numberReader({ decimal: ',' });

describe('numbers', () => {
  it('are read as they were written, with either mark, with and without thousands', () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    fc.assert(
      fc.property(value, fc.constantFrom<DecimalMark>('.', ','), (x, decimal) => {
        const read = numberReader({ decimal });
        // String(−0) is '0'.
        expect(read(String(x).replace('.', decimal))).toBe(x + 0);
        if (!Number.isSafeInteger(x)) return;
        const locale = decimal === '.' ? 'en-US' : 'de-DE';
        expect(read((x + 0).toLocaleString(locale))).toBe(x + 0);
      }),
    );
  });

  it.each(['+1.5', '.5', '5.', '1e3', '1E-3', '-0'])('%s is one', (field) => expect(point(field)).toBe(Number(field)));

  it.each([
    'Monday',
    '1.2.3',
    '1,23',
    '0x1F',
    '1_000',
    'inf',
    'e5',
    '1e',
    '+',
    '1 00',
    '1A',
    '5 PM',
    '12:30',
    '(5',
    '5)',
    '--5',
    '<1',
    '1.5M',
    '２',
  ])('%s is none', (field) => expect(point(field)).toBeUndefined());

  it('have groups of three digits between the other mark', () => {
    expect([point('1,234,567.5'), point('-1,234'), point('12,34,567.5')]).toEqual([1234567.5, -1234, 1234567.5]);
    expect([comma('1.234.567,5'), comma('+1.234'), comma('1,5')]).toEqual([1234567.5, 1234, 1.5]);
  });

  it('may have currencies, per cent, units, spaces between thousands, brackets and a minus behind', () => {
    const points: [string, number][] = [
      ['$10,283.46', 10283.46],
      ['-$5', -5],
      ['USD 5', 5],
      ['10.39%', 10.39],
      ['103.92 kW', 103.92],
      ['25°C', 25],
      ['1 234 567.5', 1234567.5],
      ["1'234", 1234],
      ['(5.2)', -5.2],
      ['($1,234.5)', -1234.5],
      ['5.5-', -5.5],
      ['−12', -12],
    ];
    for (const [field, value] of points) expect([field, point(field)]).toEqual([field, value]);
    expect([comma('10 259,85'), comma('1.234,50 €'), comma('R$ 1.234,50'), comma('12,5 %')]).toEqual([
      10259.85, 1234.5, 1234.5, 12.5,
    ]);
  });

  it('have the unit of their column', () => {
    const percent = numberReader({ decimal: '.', mark: '%' });
    expect(['5%', '5 %', '0', '5', '5 €', 'NA'].map(percent)).toEqual([5, 5, 0, undefined, undefined, Number.NaN]);
    const dollars = numberReader({ decimal: '.', mark: '$' });
    expect(['$5', '5', '€5'].map(dollars)).toEqual([5, 5, undefined]);
  });

  it('are told from a long field that is none in a time that grows with its length', () => {
    for (const read of [point, comma]) {
      for (const tail of ['x', '.x', ',x', 'e', '"']) {
        const begun = performance.now();
        expect(read('1'.repeat(2_000_000) + tail)).toBeUndefined();
        expect(performance.now() - begun).toBeLessThan(2_000);
      }
    }
  });
});

describe('missing values', () => {
  it('are NaN, in any case', () => {
    for (const word of MISSING) {
      expect(point(word)).toBeNaN();
      expect(comma(word.toUpperCase())).toBeNaN();
    }
    for (const word of ['None', '<NA>', '-', '—', '#N/A', '#DIV/0!']) expect(point(word)).toBeNaN();
    expect(point('missing')).toBeUndefined();
  });

  it('are those that the caller names, numbers too', () => {
    const read = numberReader({ decimal: '.', missing: ['-999', 'Closed'] });
    expect([read('-999'), read('closed'), read('-9990')]).toEqual([Number.NaN, Number.NaN, -9990]);
    expect(read('NA')).toBeUndefined();
    expect(numberReader({ decimal: '.', missing: [] })('')).toBeUndefined();
  });
});
