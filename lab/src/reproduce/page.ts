/**
 * docs/results.md: page.md with an overview of all experiments, and the prose of each with its command, figure, tables
 * and findings.
 */
import { sum } from '@mamba-ts/core/math';
import { figure } from '@mamba-ts/forecast/chart';
import type { Experiment } from './experiment.ts';
import { markdownReport } from './markdown.ts';
import { type Prose, proseOf, readSource } from './prose.ts';
import { type Results, reportOf } from './results.ts';

/** An experiment and its committed results; none where its full run is still to be made. */
export interface Entry {
  experiment: Experiment;
  results?: Results;
  /** Default: that of the experiment's folder. */
  prose?: Prose;
}

export function resultsPage(entries: readonly Entry[]): string {
  const done = entries.filter((entry): entry is Entry & { results: Results } => entry.results !== undefined);
  return filled(readSource('page.md'), {
    overview: [
      '| experiment | shows | goals reached |',
      '|---|---|---|',
      ...entries.map((entry) => `| ${linkOf(entry)} | ${aboutOf(entry)} | ${reachedOf(entry)} |`),
    ].join('\n'),
    experiments: done.map(section).join('\n').trimEnd(),
  });
}

/** Puts parts in place of comments: <!-- overview --> */
function filled(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replace(/<!-- (\w+) -->/g, (comment, name: string) => parts[name] ?? comment);
}

const proseIn = ({ experiment, prose = proseOf(experiment.name) }: Entry) => prose;
const aboutOf = (entry: Entry) => proseIn(entry).about.replace(/\.$/, '');
const linkOf = ({ experiment: { name }, results }: Entry) => (results ? `[${name}](#${name.toLowerCase()})` : name);

function reachedOf({ experiment, results }: Entry): string {
  if (!results) return 'not run yet';
  const { goals } = reportOf(experiment, results);
  return `${goals.filter((goal) => goal.reached).length} of ${goals.length}`;
}

function section({ results, ...entry }: Entry & { results: Results }): string {
  const { name } = entry.experiment;
  const report = reportOf(entry.experiment, results);
  const seconds = sum(Object.values(results.runs).map((run) => run.seconds));
  return filled(proseIn(entry).markdown.replace(/^#/, '##'), {
    command: `- **Command**: \`npm run lab -- reproduce ${name}\`, ${duration(seconds)} (${results.machine})`,
    results: [
      `![${report.figure.title}](results/${name}.svg)\n`,
      markdownReport(report),
      ...Object.keys(report.files ?? {}).map((file) => `The file: [${file}](results/${name}-${file})\n`),
    ]
      .join('\n')
      .trimEnd(),
  });
}

const duration = (seconds: number) =>
  seconds < 5400 ? `${Math.max(1, Math.round(seconds / 60))} minutes` : `${(seconds / 3600).toFixed(1)} hours`;

/** The files next to the page in results/, by name: the figure, and further files of the report. */
export function resultsFiles({
  experiment,
  results,
}: Entry & { results: Results }): Record<string, string | Uint8Array> {
  const report = reportOf(experiment, results);
  const files = Object.entries(report.files ?? {}).map(([file, bytes]) => [`${experiment.name}-${file}`, bytes]);
  return { [`${experiment.name}.svg`]: figure(report.figure), ...Object.fromEntries(files) };
}
