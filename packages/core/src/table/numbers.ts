/**
 * Numbers and missing values as tables write them.
 *
 *   decimal '.'   1234.5   1,234.5   1e3        decimal ','   1234,5   1.234,5
 */

/** The mark before the fraction of a number; the other one may stand between thousands. */
export type DecimalMark = '.' | ',';

/** How numbers are written. */
export interface NumberFormat {
  readonly decimal: DecimalMark;
  /** What stands for a missing value, in upper or lower case. Default: `MISSING`. */
  readonly missing?: readonly string[];
}

/** A field to its number: NaN where the value is missing, undefined where it is no number. */
export type NumberReader = (field: string) => number | undefined;

/** What stands for a missing value, in lower case: nothing, NA, N/A, NaN, null and ?. */
export const MISSING: readonly string[] = ['', 'na', 'n/a', 'nan', 'null', '?'];

const PLAIN = {
  '.': /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i,
  ',': /^[+-]?(?:\d+(?:,\d*)?|,\d+)(?:e[+-]?\d+)?$/i,
};
const GROUPED = { '.': /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/, ',': /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/ };
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
 * read('NA');         // NaN
 * read('Monday');     // undefined
 */
export function numberReader({ decimal, missing }: NumberFormat): NumberReader {
  const isMissing = missingReader(missing);
  const [plain, grouped, group] = [PLAIN[decimal], GROUPED[decimal], GROUP[decimal]];
  return (field) => {
    if (isMissing(field)) return Number.NaN;
    if (plain.test(field)) return Number(decimal === ',' ? field.replace(',', '.') : field);
    return grouped.test(field) ? Number(field.replace(group, '').replace(',', '.')) : undefined;
  };
}
