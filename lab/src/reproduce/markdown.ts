/** Reports as Markdown. */
import type { Report, Table } from './experiment.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

export function markdownTable({ title, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const [head, ...rest] = rows;
  const lines = [line(head), `|${'---|'.repeat(head.length)}`, ...rest.map(line)];
  return `${title === undefined ? '' : `**${title}**\n\n`}${lines.join('\n')}\n`;
}

/** The goals as a table; none where there are no goals. */
export const goalTables = ({ goals }: Report): Table[] =>
  goals.length === 0
    ? []
    : [
        {
          rows: [
            ['goal', 'measured', 'reached'],
            ...goals.map(({ what, measured, reached }) => [what, measured, reached ? 'yes' : 'no']),
          ],
        },
      ];

/** A report without its figure. */
export const markdownReport = (report: Report): string =>
  [...[...report.tables, ...goalTables(report)].map(markdownTable), `${report.findings.join(' ')}\n`].join('\n');
