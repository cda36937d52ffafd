/** Rows of figures as a Markdown table. */
const show = {
  percent: (x) => `${(100 * x).toFixed(Math.abs(x) < 0.1 ? 1 : 0)} %`,
  times: (x) => `${x < 10 ? x.toFixed(2) : x.toFixed(1)}×`,
  number: (x) => (x === 0 || Math.abs(x) >= 1 ? String(x) : x.toExponential(1)),
};

export function isReached({ measured, goal, failed }) {
  if (failed) return false;
  if (!goal) return undefined;
  const { atLeast = -Infinity, atMost = Infinity, from = -Infinity, to = Infinity } = goal;
  return measured >= Math.max(atLeast, from) && measured <= Math.min(atMost, to);
}

function goalText({ goal, unit }) {
  if (!goal) return '–';
  const { atLeast, atMost, from, to } = goal;
  if (atLeast !== undefined) return `≥ ${show[unit](atLeast)}`;
  if (atMost !== undefined) return `≤ ${show[unit](atMost)}`;
  return `${show[unit](from)} to ${show[unit](to)}`;
}

export function measuredText({ measured, unit, spread, failed }) {
  if (failed) return failed;
  const range = spread ? ` (${spread.map((x) => show[unit](x)).join(' … ')})` : '';
  return `${show[unit](measured)}${range}`;
}

const yes = { true: 'yes', false: 'no', undefined: '–' };

export function table(rows) {
  const lines = rows.map((row) => [
    `${row.what} · ${row.backend}`,
    row.against ?? '',
    goalText(row),
    measuredText(row),
    yes[isReached(row)],
  ]);
  const all = [['what', 'against', 'goal', 'measured (least … most)', 'reached'], ...lines];
  const widths = all[0].map((_, i) => Math.max(...all.map((line) => line[i].length)));
  const format = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [format(all[0]), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(format)].join(
    '\n',
  );
}
