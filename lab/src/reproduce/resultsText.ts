/** Results as text: JSON, tables of Markdown, and what was to be reached. */

import type { Report, Table } from './experiment.ts';
import type { Results } from './runner.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

export function markdownTable({ title, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const [head, ...rest] = rows;
  const lines = [line(head), `|${'---|'.repeat(head.length)}`, ...rest.map(line)];
  return `${title === undefined ? '' : `**${title}**\n\n`}${lines.join('\n')}\n`;
}

/** The goals as rows of a table. */
export const goalRows = ({ goals }: Report): string[][] => [
  ['to reach', 'measured', 'reached'],
  ...goals.map(({ what, measured, reached }) => [what, measured, reached ? 'yes' : 'no']),
];

/** A report without its figure. */
export function markdownReport(report: Report): string {
  const tables = [...report.tables, ...(report.goals.length > 0 ? [{ rows: goalRows(report) }] : [])];
  return [...tables.map(markdownTable), `${report.says.join(' ')}\n`].join('\n');
}

/** JSON with a line a run. */
export function resultsText({ runs, ...rest }: Results): string {
  const lines = Object.entries(runs).map(([id, one]) => `  ${JSON.stringify(id)}: ${JSON.stringify(one)}`);
  return `${JSON.stringify(rest, null, 1).slice(0, -2)},\n "runs": {\n${lines.join(',\n')}\n }\n}\n`;
}
