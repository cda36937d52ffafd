/** docs/results.md: every claim, what the paper says of it, what was measured, and the command. */
import { figure } from '@mamba-ts/forecast/chart';
import type { Experiment } from './experiment.ts';
import { markdownReport } from './resultsText.ts';
import { type Results, reportOf } from './runner.ts';

/** An experiment and its committed results; none where its full run is still to be made. */
export interface Entry {
  experiment: Experiment;
  results?: Results;
}

const INTRO = `# Results

Each claim that people choose Mamba for, and questions still open, as an experiment that one command runs:

\`\`\`sh
npx mamba-ts reproduce                            # lists them
npx mamba-ts reproduce parity --quick             # within a minute: every step of it, much smaller
npx mamba-ts reproduce parity                     # the run that is shown here
npx mamba-ts reproduce parity --set seeds=4,5,6   # with settings of one's own, here other seeds
\`\`\`

A full run shows its progress and the time left. Stopped or killed, the same command goes on where it was. Sizes are scaled down from the papers to what a CPU does in minutes to two hours; each section says how. All tables and figures on this page are drawn from the committed results in [results/](results/) by \`npm run results\`; times are those of one thread unless said. The commands run in a clone, after \`npm ci\`.

A ± is the 95 % interval of the mean over seeds, by Student's t, unless said: wide with two or three. Goals are judged by the mean unless they say more; where a mean lies within the interval of its goal, a few more seeds may decide otherwise. In figures with a line a model, faint dots are seeds, black ones their means, and the whiskers the same intervals.
`;

export function resultsPage(entries: readonly Entry[]): string {
  const done = entries.filter((entry): entry is Required<Entry> => entry.results !== undefined);
  const overview = [
    '| experiment | shows | goals reached |',
    '|---|---|---|',
    ...entries.map((entry) => `| ${link(entry)} | ${entry.experiment.about} | ${reached(entry)} |`),
  ].join('\n');
  return [INTRO, `${overview}\n`, ...done.map(section)].join('\n');
}

const link = ({ experiment: { name }, results }: Entry) => (results ? `[${name}](#${name.toLowerCase()})` : name);

function reached({ experiment, results }: Entry): string {
  if (!results) return 'not run yet';
  const { goals } = reportOf(experiment, results);
  return `${goals.filter((goal) => goal.reached).length} of ${goals.length}`;
}

function section({ experiment, results }: Required<Entry>): string {
  const { name, about, claim, scale, notes = [] } = experiment;
  const report = reportOf(experiment, results);
  const seconds = Object.values(results.runs).reduce((sum, run) => sum + run.seconds, 0);
  return [
    `## ${name}\n`,
    `${about}${about.endsWith('?') ? '' : '.'}\n`,
    `- **The paper**: ${claim}`,
    `- **Here**: ${scale}`,
    `- **Command**: \`npx mamba-ts reproduce ${name}\`, ${duration(seconds)} (${results.machine})\n`,
    `![${report.figure.title}](results/${name}.svg)\n`,
    markdownReport(report),
    ...Object.keys(report.files ?? {}).map((file) => `The file: [${file}](results/${name}-${file})\n`),
    ...notes.map((note) => `${note}\n`),
  ].join('\n');
}

const duration = (seconds: number) =>
  seconds < 5400 ? `${Math.max(1, Math.round(seconds / 60))} minutes` : `${(seconds / 3600).toFixed(1)} hours`;

/** What stands beside the page in results/, by name: the figure, and more that a report has. */
export function resultsFiles({ experiment, results }: Required<Entry>): Record<string, string | Uint8Array> {
  const report = reportOf(experiment, results);
  const files = Object.entries(report.files ?? {}).map(([file, bytes]) => [`${experiment.name}-${file}`, bytes]);
  return { [`${experiment.name}.svg`]: figure(report.figure), ...Object.fromEntries(files) };
}
