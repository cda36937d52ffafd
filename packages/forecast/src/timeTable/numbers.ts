/**
 * Numbers as tables write them: 1234.5 and 1,234.5, or 1234,5 and 1.234,5.
 *
 * Which mark is the decimal one shows in the first rows; where it does not (only 1,234), it is asked for.
 */

import { MISSING, numberReader } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';

const GROUPED = { '.': /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/, ',': /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/ };
const GROUP = { '.': /,/g, ',': /\./g };

export const isMissing = (field: string): boolean => MISSING.includes(field.toLowerCase());

/** Fields to numbers: NaN where one is missing, undefined where it is no number. */
export function tableNumbers(decimal: '.' | ','): (field: string) => number | undefined {
  const plain = numberReader(decimal);
  return (field) => {
    const value = plain(field);
    if (value !== undefined || !GROUPED[decimal].test(field)) return value;
    return plain(field.replace(GROUP[decimal], ''));
  };
}

/** The decimal mark of these fields; '?' where it could be both. */
export function decimalOf(fields: Iterable<string>): '.' | ',' | '?' {
  let commas = 0;
  let unclear = 0;
  for (const field of fields) {
    // What one mark alone can mean; 1.234 by itself is taken as it stands.
    if (/^[+-]?\d*\.\d+(e[+-]?\d+)?$/i.test(field) || /^[+-]?\d{1,3}(,\d{3})+\.\d+$/.test(field)) return '.';
    if (/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(field)) return ',';
    if (/^[+-]?\d{1,3},\d{3}$/.test(field)) unclear++;
    else if (/^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(field)) commas++;
  }
  if (commas > 0) return ',';
  return unclear > 0 ? '?' : '.';
}

/** Squares of differences must stay finite. */
export const LARGEST = 1e100;
export const isTooLarge = (value: number): boolean => Math.abs(value) > LARGEST;

/** What is wrong with a field that should have a number. */
export function notNumber(where: string, column: string, field: string, decimal: '.' | ','): Error {
  const other = decimal === '.' ? ',' : '.';
  const isInfinite = /^[+-]?inf(inity)?$/i.test(field);
  const expected = isInfinite ? 'a finite number' : isTooLarge(Number(field)) ? 'a number up to ±1e100' : 'a number';
  const advice =
    expected !== 'a number'
      ? 'Write the value, or leave the field empty where it is missing.'
      : tableNumbers(other)(field) !== undefined
        ? `If the decimal mark is '${other}', say so (decimal).`
        : 'Mend it, leave it empty where it is missing, or name the columns to read (value).';
  return new UsageError(
    'data',
    `${where}, column ${JSON.stringify(column)} has ${JSON.stringify(field.slice(0, 40))}, ` +
      `expected ${expected}. ${advice}`,
  );
}
