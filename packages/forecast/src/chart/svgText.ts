/** Text in figures and pages: its width, shortening, escaping. */

/** Chinese, Japanese, Korean, full-width forms and pictographs: twice as wide as a letter. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Width of a text in columns of a terminal, or in average letters. */
export const columnsOf = (text: string): number => [...text].reduce((sum, char) => sum + (WIDE.test(char) ? 2 : 1), 0);

/** The text in at most `columns` columns; a cut one ends with the ellipsis. */
export function shortened(text: string, columns: number, ellipsis = '…'): string {
  if (columnsOf(text) <= columns) return text;
  let cut = '';
  for (const char of text) {
    if (columnsOf(cut + char) > columns - ellipsis.length) break;
    cut += char;
  }
  return cut + ellipsis;
}

/** Text for SVG and HTML, in elements and attributes. Control characters, which XML forbids, are replaced. */
export const escaped = (text: string): string =>
  text
    .replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
