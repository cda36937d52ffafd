/** What was pasted, as a table: numbers in a row become a column, anything else is read as it is. */

const NUMBER = /^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|na|nan|null)$/i;

export function pastedTable(text: string): { name: string; text: string } {
  const lines = text.trim().split(/\r?\n/);
  const spaced = !/[,;\t]/.test(text);
  const words = text.trim().split(/[\s,;]+/);
  const isList = (lines.length === 1 || spaced) && words.every((word) => NUMBER.test(word));
  return { name: 'what was pasted', text: isList ? words.join('\n') : text };
}
