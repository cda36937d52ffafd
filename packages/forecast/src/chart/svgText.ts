/** Text in pictures and pages: how wide it is, cut where there is no room, and escaped. */

/** Chinese, Japanese, Korean, full-width forms and pictographs: as wide as high. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns of a terminal, or units of an average letter. */
export const columnsOf = (text: string): number => [...text].reduce((sum, one) => sum + (WIDE.test(one) ? 2 : 1), 0);

/** At most so many columns; an ellipsis tells that something was cut. */
export function shortened(text: string, columns: number, ellipsis = '…'): string {
  if (columnsOf(text) <= columns) return text;
  let cut = '';
  for (const one of text) {
    if (columnsOf(cut + one) > columns - ellipsis.length) break;
    cut += one;
  }
  return cut + ellipsis;
}

/** For SVG and HTML, between tags and in attributes. Control characters, which XML cannot hold, are replaced. */
export const escaped = (text: string): string =>
  text
    .replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
