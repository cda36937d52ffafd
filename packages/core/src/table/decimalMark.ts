/**
 * Which mark is the decimal one, by the fields of the first rows.
 *
 *   0.5 or 1,234.5  →  '.'        0,5 or 1.234,5  →  ','        1,234 alone, or 987 and 1.234  →  unclear
 *
 * An unclear table is refused: a wrong guess is wrong by a factor of 1000.
 */

import { unmarked } from './numberMarks.ts';
import { type DecimalMark, numberReader } from './numbers.ts';
import type { Separator, TableRow } from './rowSource.ts';

/** A mark, or the field that can be read with both. */
export type DecimalFound = DecimalMark | { readonly at: number; readonly line: number; readonly field: string };

/** The part of a column's fields that must be numbers for it to be a column of numbers. */
export const NUMBER_SHARE = 0.8;

interface Field {
  /** Without what stands around the number. */
  readonly text: string;
  readonly field: string;
  readonly line: number;
}

/**
 * Whether a later field of a column of whole numbers below 1,000 may have its point between thousands: nothing above it
 * tells.
 */
export const mayGroup = (fields: readonly string[]): boolean =>
  fields.length > 0 && fields.every((field) => /^[+-]?\d{1,3}$/.test(unmarked(field)?.number ?? field));

/** Whether a field can be read with both marks: 1.234 or 1,234. */
export function isUnclear(field: string): boolean {
  const text = unmarked(field)?.number ?? field;
  return isDottedGroup(text) || isCommaGroup(text);
}

/** The mark of each column, where all of its numbers can be read with one mark only. */
export const ownMarks = (
  rows: readonly TableRow[],
  isMissing: (field: string) => boolean,
): readonly (DecimalMark | undefined)[] =>
  rows[0].fields.map((_, at) => {
    const fields = numbersAt(rows, at, isMissing);
    return fields && sureMark(fields);
  });

/** The decimal mark of fields that can be read with no other. */
function sureMark(fields: readonly Field[]): DecimalMark | undefined {
  const numbers = fields.filter(({ text }) => asPoint(text) !== undefined || asComma(text) !== undefined);
  const [points, commas] = [asPoint, asComma].map((read) => numbers.every(({ text }) => read(text) !== undefined));
  if (points === commas) return undefined;
  return points ? '.' : ',';
}

/** The first row may have names. */
export function decimalOf(
  rows: readonly TableRow[],
  separator: Separator,
  isMissing: (field: string) => boolean,
): DecimalFound {
  const columns = rows[0].fields
    .map((_, at) => numbersAt(rows, at, isMissing))
    .flatMap((fields, at) => (fields ? { at, fields } : []));
  const found = markOf(columns.flatMap(({ fields }) => fields));
  // Where other columns have decimal commas, 1.234 may be either.
  const hasComma = columns.some(({ fields }) => sureMark(fields) === ',');
  const hasPoint = columns.some(({ fields }) => sureMark(fields) === '.');
  const doubted =
    found === '.' && separator !== ','
      ? hasComma && !hasPoint
        ? columns
        : grouped(columns)
      : // Between commas, a field with a comma is quoted: groups of thousands.
        found === 'unclear' && separator !== ','
        ? columns
        : [];
  const isDoubted = found === '.' ? isDottedGroup : isCommaGroup;
  for (const { at, fields } of doubted) {
    const field = fields.find(({ text }) => isDoubted(text));
    if (field) return { at, line: field.line, field: field.field };
  }
  return found === 'unclear' ? '.' : found;
}

const asPoint = numberReader({ decimal: '.' });
const asComma = numberReader({ decimal: ',' });

/** The fields of a column that are there; undefined where they are no numbers whichever mark is the decimal one. */
function numbersAt(
  rows: readonly TableRow[],
  at: number,
  isMissing: (field: string) => boolean,
): readonly Field[] | undefined {
  const fields = rows.flatMap(({ fields, line }) => {
    const field = fields[at] ?? '';
    return isMissing(field) ? [] : [{ text: unmarked(field)?.number ?? field, field, line }];
  });
  const below = fields.filter(({ line }) => line !== rows[0].line || rows.length === 1);
  const numbers = below.filter(({ text }) => asPoint(text) !== undefined || asComma(text) !== undefined);
  return below.length > 0 && numbers.length >= NUMBER_SHARE * below.length ? fields : undefined;
}

const isPointed = (text: string) => /^[+-]?\d*\.\d+(?:e[+-]?\d+)?$/i.test(text);
const isDottedGroup = (text: string) => /^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(text);
const isCommaGroup = (text: string) => /^[+-]?\d{1,3},\d{3}$/.test(text);

function markOf(fields: readonly Field[]): DecimalMark | 'unclear' {
  let commas = 0;
  let unclear = 0;
  for (const { text } of fields) {
    // 1.234 alone is read as it stands.
    if (isPointed(text) || /^[+-]?\d{1,3}(?:,\d{3})+\.\d+$/.test(text)) return '.';
    if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/.test(text)) return ',';
    if (isCommaGroup(text)) unclear++;
    else if (/^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i.test(text)) commas++;
  }
  if (commas > 0) return ',';
  return unclear > 0 ? 'unclear' : '.';
}

/** Columns that may have points between thousands, where no field of the table has a decimal point for sure: 987, 1.234. */
function grouped<C extends { fields: readonly Field[] }>(columns: readonly C[]): readonly C[] {
  if (columns.some(({ fields }) => fields.some(({ text }) => isPointed(text) && !isDottedGroup(text)))) return [];
  // Decimals of one length are written in full: 987.000. Counts beyond 999 have their point.
  return columns.filter(
    ({ fields }) =>
      fields.some(({ text }) => isDottedGroup(text)) &&
      fields.some(({ text }) => /^[+-]?\d{1,3}$/.test(text)) &&
      !fields.some(({ text }) => /^[+-]?\d{4,}$/.test(text)),
  );
}
