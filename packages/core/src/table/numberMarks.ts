/**
 * What spreadsheets write around and within a number, beside its digits and its decimal mark:
 *
 *   $5   5 €   USD 5   5 %   5 kW        currencies, per cent, units
 *   1 234   1'234                        spaces and apostrophes between thousands
 *   (5)   5-   −5                        minus
 */

/** A number without what stands around it. */
export interface Unmarked {
  /** Sign, digits, points and commas. */
  readonly number: string;
  /** The currency, '%' or the unit; '' for none. */
  readonly mark: string;
}

/** Longer fields are no numbers. */
const LONGEST = 60;
const CURRENCY = String.raw`(?:[A-Z]{0,3}\p{Sc}|[A-Z]{3}(?=[\s\d(+-])|R\$|Fr\.?|kr\.?|zł|Kč|Ft|lei|TL)`;
/** A word after a space, or a unit that is known without one. */
const UNIT = String.raw`(?:\s[\p{L}°µ][\p{L}°µ/·²³]{0,9}|°[CFK]?|[kMG]?(?:Wh?|V|VA|VAh)|[mckµ][mgl]|km/h|m/s|mph|rpm|hPa|[kM]?Pa|[kMG]?Hz|[kMGT]B|ppm|dB|lbs?|oz|ft|pcs|Stk\.?)`;
const FIELD = new RegExp(
  String.raw`^(\()?\s*([+\-−–])?\s*(${CURRENCY})?\s*([+\-−–])?\s*(\d[\d.,'’\s]*|[.,]\d+)(\s*(?:[%‰]|\p{Sc}|[A-Z]{3}|Fr\.?|kr\.?|zł|Kč|Ft|lei|TL)|${UNIT})?\s*(-)?\s*(\))?$`,
  'u',
);
/** Spaces or apostrophes between groups of three digits, one kind of them. */
const GROUPS = /^\d{1,3}(?:(['’])\d{3}(?:\1\d{3})*|\s\d{3}(?:\s\d{3})*)(?:[.,]\d+)?$/;
/** Hours of a clock are no units. */
const NO_UNIT = /^(?:[ap]\.?m\.?|uhr|h|st|nd|rd|th)$/i;

/** A number within a field; undefined where there is none, or more than one. */
export function unmarked(field: string): Unmarked | undefined {
  if (field.length > LONGEST) return undefined;
  const found = FIELD.exec(field);
  if (!found) return undefined;
  const [, open, sign, before, inner, text, behind, after, close] = found;
  const signs = [sign, inner, after].filter((one) => one !== undefined);
  const mark = (before ?? behind ?? '').trim();
  if ((open === undefined) !== (close === undefined) || signs.length + Number(open !== undefined) > 1) return undefined;
  if ((before !== undefined && behind !== undefined && behind.trim() !== '%') || NO_UNIT.test(mark)) return undefined;
  const digits = text.trim();
  if (/[\s'’]/.test(digits) && !GROUPS.test(digits)) return undefined;
  const isNegative = open !== undefined || (signs.length > 0 && signs[0] !== '+');
  return { number: `${isNegative ? '-' : ''}${digits.replace(/[\s'’]/g, '')}`, mark };
}
