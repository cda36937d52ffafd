/**
 * Numbers and missing values as tables write them.
 *
 *   decimal '.'   1234.5   1,234.5   1e3   $1,234.50   10.4%   (5.00)   5.00-        decimal ','   1234,5   1.234,5 €   1 234,5
 */
import { unmarked } from './numberMarks.ts';

/** The mark before the fraction of a number; the other one may stand between thousands. */
export type DecimalMark = '.' | ',';

/** How numbers are written. */
export interface NumberFormat {
  readonly decimal: DecimalMark;
  /** What stands for a missing value, in upper or lower case. Default: `MISSING`. */
  readonly missing?: readonly string[];
  /** What stands beside each number: '$', '%', 'kW'; '': nothing. Default: anything that may. */
  readonly mark?: string;
}

/** A field to its number: NaN where the value is missing, undefined where it is no number. */
export type NumberReader = (field: string) => number | undefined;

/** What stands for a missing value, in lower case: nothing, words for it, dashes, and the errors of spreadsheets. */
export const MISSING: readonly string[] = [
  ...[
    '',
    'na',
    'n/a',
    'n.a.',
    'nan',
    '-nan',
    'null',
    'none',
    'nil',
    'nat',
    '<na>',
    '?',
    '-',
    '--',
    '–',
    '—',
    '.',
    '..',
  ],
  ...['#n/a', '#n/a n/a', '#na', '#div/0!', '#value!', '#ref!', '#name?', '#num!', '#null!'],
];

const PLAIN = {
  '.': /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i,
  ',': /^[+-]?(?:\d+(?:,\d*)?|,\d+)(?:e[+-]?\d+)?$/i,
};
/** Groups of three digits; in India, of two before the last three. */
const GROUPED = {
  '.': /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})(?:\.\d+)?$/,
  ',': /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/,
};
const GROUP = { '.': /,/g, ',': /\./g };

/**
 * Whether a field is a missing value.
 *
 * @param missing the words for one, in upper or lower case
 * @example
 * missingReader()('n/a');    // true
 */
export function missingReader(missing: readonly string[] = MISSING): (field: string) => boolean {
  const words = new Set(missing.map((word) => word.toLowerCase()));
  const longest = Math.max(0, ...missing.map((word) => word.length));
  return (field) => field.length <= longest && words.has(field.toLowerCase());
}

/**
 * Reads the numbers of fields.
 *
 * @example
 * const read = numberReader({ decimal: ',' });
 * read('1.234,5');    // 1234.5
 * read('12,5 %');     // 12.5
 * read('NA');         // NaN
 * read('Monday');     // undefined
 */
export function numberReader({ decimal, missing, mark }: NumberFormat): NumberReader {
  const isMissing = missingReader(missing);
  const [plain, grouped, group] = [PLAIN[decimal], GROUPED[decimal], GROUP[decimal]];
  const bare = (text: string) => {
    if (plain.test(text)) return Number(decimal === ',' ? text.replace(',', '.') : text);
    return grouped.test(text) ? Number(text.replace(group, '').replace(',', '.')) : undefined;
  };
  // Most fields are plain numbers: words for missing values are looked for in the others, unless one is a number.
  const isFirst = missing?.some((word) => bare(word) !== undefined) ?? false;
  return (field) => {
    if (isFirst && isMissing(field)) return Number.NaN;
    const value = bare(field);
    // A number without the per cent or the unit of its column may be on another scale; 0 is on all of them.
    if (value !== undefined) return value === 0 || mark === undefined || !isScale(mark) ? value : undefined;
    if (!isFirst && isMissing(field)) return Number.NaN;
    const found = unmarked(field);
    if (!found || (mark !== undefined && found.mark !== '' && found.mark !== mark)) return undefined;
    if (mark !== undefined && found.mark === '' && isScale(mark)) return undefined;
    return bare(found.number);
  };
}

/** Whether a mark says on which scale a number is, so that all numbers of a column need it. */
const isScale = (mark: string): boolean => mark === '%' || mark === '‰' || /^[\p{L}°µ]/u.test(mark);
