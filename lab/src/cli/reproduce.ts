/** npm run lab -- reproduce: runs an experiment, and writes its tables and its figure. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { BackendName } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { openBackend } from '@mamba-ts/core/tensor';
import { figure } from '@mamba-ts/forecast/chart';
import type { Command } from 'commander';
import { addBackendOptions, Bar, clock, guard, onInterrupt, printTable, say, writeFile } from 'mamba-ts/cli';
import type { ConductReporter, Report } from '../reproduce/index.ts';

interface Flags {
  quick?: boolean;
  out?: string;
  figure?: string;
  data?: string;
  set: string[];
  backend?: string;
  threads?: number;
}

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description('run an experiment and write its tables and its figure; without a name, list the experiments')
    .argument('[name]', 'the experiment')
    .option('--quick', 'a small version, of at most a minute')
    .option('--out <folder>', 'where results are kept; a stopped run resumes there. Default: runs/reproduce/NAME.')
    .option('--figure <file>', 'where the figure is written, as SVG. Default: figure.svg in --out.')
    .option('--data <folder>', 'a folder in which data files are looked for first')
    .option('--set <name=value>', 'change a setting', (setting, before: string[]) => [...before, setting], []);
  addBackendOptions(command).action((name: string | undefined, flags: Flags) => guard(() => run(name, flags)));
}

async function run(name: string | undefined, flags: Flags): Promise<void> {
  const { changed, conduct, experimentOf, experiments, proseOf, reportOf } = await import('../reproduce/index.ts');
  if (name === undefined) {
    const names = experiments.map((experiment) => experiment.name);
    const width = Math.max(...names.map(({ length }) => length));
    for (const listed of names) console.log(`${listed.padEnd(width)}   ${proseOf(listed).about}`);
    return;
  }
  const experiment = experimentOf(name);
  const { quick = false, data } = flags;
  const settings = changed(experiment, quick ? experiment.quick : experiment.full, flags.set);
  const out = flags.out ?? join('runs', 'reproduce', quick ? `${name}-quick` : name);
  const figureFile = flags.figure ?? join(out, 'figure.svg');
  // Refused now, not after hours.
  await requireWritable(figureFile, out);
  const backend = await openBackend(flags.backend as BackendName | undefined, {
    threads: flags.threads,
    compiles: true,
  });
  const { about, paper, here } = proseOf(name);
  say(`${name}: ${about}`);
  say(`paper    ${paper}`);
  say(`here     ${here}`);
  say(`backend  ${backend.name}: ${backend.device.description}`);
  const abort = new AbortController();
  const release = onInterrupt(() => {
    say('\nStopping and saving; Ctrl-C again leaves immediately.');
    abort.abort();
  });
  const reporter = reporterOf();
  try {
    const results = await conduct(experiment, backend, { settings, quick, out, data, signal: abort.signal, reporter });
    reporter.stop();
    if (!results) {
      say(`stopped  the same command resumes ${out}`);
      return;
    }
    await show(reportOf(experiment, results), out, figureFile);
  } finally {
    reporter.stop();
    release();
    backend.dispose();
  }
}

/** Writes the report to `out` and to the terminal. */
async function show(report: Report, out: string, figureFile: string): Promise<void> {
  const { goalTables, markdownReport } = await import('../reproduce/index.ts');
  await writeFile(figureFile, figure(report.figure));
  await writeFile(join(out, 'report.md'), markdownReport(report));
  const files = Object.entries(report.files ?? {});
  for (const [file, bytes] of files) await writeFile(join(out, file), bytes);
  for (const { title, rows } of [...report.tables, ...goalTables(report)]) {
    console.log(title === undefined ? '' : `\n${title}`);
    printTable(rows);
  }
  console.log(`\n${report.findings.join('\n')}`);
  say(`\nfigure   ${figureFile}`);
  for (const [file] of files) say(`file     ${join(out, file)}`);
  say(`results  ${join(out, 'results.json')}, ${join(out, 'report.md')}`);
}

/** A bar with the run, its state and the time left; without a terminal, a line for each run. */
function reporterOf(): ConductReporter & { stop(): void } {
  const bar = new Bar('{bar} {percentage}% | {line}');
  return {
    start({ runs, kept }) {
      if (kept > 0) say(`resumed  ${kept} of ${runs} runs are done`);
    },
    progress({ run, index, count, done, left, note }) {
      const parts = [`run ${index + 1} of ${count}`, run.label, note, Number.isFinite(left) && `${clock(left)} left`];
      bar.update(done, { line: parts.filter(Boolean).join(' | ') });
    },
    ended({ run, index, count, seconds, left }) {
      bar.line(`run ${index + 1} of ${count}: ${run.label}, ${clock(seconds)}, about ${clock(left)} left`);
    },
    stop: () => bar.stop(),
  };
}

/** Throws where the figure could not be written; changes nothing but an --out that is missing. */
async function requireWritable(path: string, out: string): Promise<void> {
  try {
    if (dirname(path) === normalize(out)) await mkdir(out, { recursive: true });
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    await access(found ? path : dirname(path), constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      'reproduce',
      `the figure ${path} cannot be written (${code}). Give another file by --figure, or another folder by --out.`,
    );
  }
}
