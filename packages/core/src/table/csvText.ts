/**
 * A text as a field of CSV (RFC 4180), in quotes where commas, quotes, line ends or outer spaces require them.
 *
 * Spreadsheets run what begins with = + - @ as a formula, so such a text has ' before it, as they write it themselves;
 * numbers and times stay as they are.
 *
 * @example
 * csvText('=1+1');    // "'=1+1"
 */
export function csvText(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,:e/ -]*$/i.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
