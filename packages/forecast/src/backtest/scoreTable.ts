/** A backtest as rows of text, one for each forecaster. The best is first, if `snaive` is among them. */
import type { Backtest, OverallScores } from './backtest.ts';

/** The names of the columns, then a row for each forecaster. Scores that are not defined are –. */
export function backtestTable({ overall, series }: Backtest): string[][] {
  const levels = Object.keys(overall[0].coverage).sort((a, b) => Number(a) - Number(b));
  const isSingle = new Set(series.map(({ id }) => id)).size === 1;
  const isRelative = overall.some((row) => row.relative !== undefined);
  const columns: [string, (row: OverallScores) => string][] = [
    ['forecaster', ({ forecaster }) => forecaster],
    ...(isSingle ? ([['MAE', ({ mae }) => significant(mae, 4)]] as typeof columns) : []),
    ['MASE', ({ mase }) => fixed(mase, 3)],
    ['sMAPE', ({ smape }) => percent(smape, 1)],
    ['WQL', ({ wql }) => fixed(wql, 4)],
    ...levels.map((level): (typeof columns)[number] => [
      `${level} % holds`,
      ({ coverage }) => percent(100 * coverage[level], 1),
    ]),
    ...(isRelative
      ? ([
          ['MAE / snaive', ({ relative = Number.NaN }) => fixed(relative, 3)],
          ['better on', (row) => (row.forecaster === 'snaive' ? '–' : `${row.better} of ${row.series}`)],
        ] as typeof columns)
      : []),
    ['forecasts/s', ({ perSecond }) => significant(perSecond, 3)],
  ];
  const rows = [...overall].sort((a, b) => (a.relative ?? 0) - (b.relative ?? 0));
  return [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
}

/** The rows as Markdown. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, j) => Math.max(3, ...rows.map((row) => row[j].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, j) => cell.padEnd(widths[j])).join(' | ')} |`;
  const rule = widths.map((width, j) => (j === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)].join('\n');
}

const NONE = '–';
const fixed = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : NONE);
const percent = (value: number, digits: number) => (Number.isFinite(value) ? `${value.toFixed(digits)} %` : NONE);

function significant(value: number, digits: number): string {
  if (!Number.isFinite(value)) return NONE;
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(places, 12));
}
