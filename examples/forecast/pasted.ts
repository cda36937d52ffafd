/** Pasted text as a table: a list of numbers becomes a column, other text is kept as it is. */

const NUMBER = /^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|na|nan|null)$/i;

export function pastedTable(text: string): { name: string; text: string } {
  const lines = text.trim().split(/\r?\n/);
  const spaced = !/[,;\t]/.test(text);
  const words = text.trim().split(/[\s,;]+/);
  const isList = (lines.length === 1 || spaced) && words.every((word) => NUMBER.test(word));
  return { name: 'pasted text', text: isList ? words.join('\n') : text };
}
