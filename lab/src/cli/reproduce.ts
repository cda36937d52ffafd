/** mamba-ts reproduce: an experiment that shows a claim, with its table and its figure. */

import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { BackendName } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { openBackend } from '@mamba-ts/core/tensor';
import { figure } from '@mamba-ts/forecast/chart';
import type { Command } from 'commander';
import { addBackendOptions, Bar, clock, guard, onInterrupt, printTable, say, writeFile } from 'mamba-ts/cli';
import type { ConductReporter } from '../reproduce/index.ts';

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
    .description('an experiment that shows a claim: runs, table and figure; without a name, a list of them')
    .argument('[name]', 'which experiment')
    .option('--quick', 'a small version, of at most a minute')
    .option('--out <folder>', 'where to keep results (default: runs/reproduce/NAME); it goes on with what is there')
    .option('--figure <file>', 'where to write the figure, an SVG file (default: figure.svg in --out)')
    .option('--data <folder>', 'where data is looked for first')
    .option('--set <name=value>', 'change a setting', (one, all: string[]) => [...all, one], []);
  addBackendOptions(command).action((name: string | undefined, flags: Flags) => guard(() => run(name, flags)));
}

async function run(name: string | undefined, flags: Flags): Promise<void> {
  const { changed, conduct, experimentOf, experiments, goalRows, markdownReport, reportOf } = await import(
    '../reproduce/index.ts'
  );
  if (name === undefined) {
    const width = Math.max(...experiments.map((one) => one.name.length));
    for (const one of experiments) console.log(`${one.name.padEnd(width)}   ${one.about}`);
    return;
  }
  const experiment = experimentOf(name);
  const { quick = false } = flags;
  const settings = changed(quick ? experiment.quick : experiment.full, flags.set);
  const out = flags.out ?? join('runs', 'reproduce', quick ? `${name}-quick` : name);
  const figureFile = flags.figure ?? join(out, 'figure.svg');
  // Said now, not after hours.
  await requireWritable(figureFile, out);
  const backend = await openBackend(flags.backend as BackendName | undefined, { threads: flags.threads });
  say(`${name}: ${experiment.about}`);
  say(`paper    ${experiment.claim}`);
  say(`here     ${experiment.scale}`);
  say(`backend  ${backend.name}: ${backend.device.description}`);
  const abort = new AbortController();
  const release = onInterrupt(() => {
    say('\nStopping and saving; Ctrl-C again leaves at once.');
    abort.abort();
  });
  const reporter = reporterOf();
  try {
    const { data } = flags;
    const results = await conduct(experiment, backend, { settings, quick, out, data, signal: abort.signal, reporter });
    reporter.stop();
    if (!results) {
      say(`stopped  the same command goes on with ${out}`);
      return;
    }
    const report = reportOf(experiment, results);
    await writeFile(figureFile, figure(report.figure));
    await writeFile(join(out, 'report.md'), markdownReport(report));
    const files = Object.entries(report.files ?? {});
    for (const [file, bytes] of files) await writeFile(join(out, file), bytes);
    const goals = report.goals.length > 0 ? [{ title: undefined, rows: goalRows(report) }] : [];
    for (const { title, rows } of [...report.tables, ...goals]) {
      console.log(title === undefined ? '' : `\n${title}`);
      printTable(rows);
    }
    console.log(`\n${report.says.join('\n')}`);
    say(`\nfigure   ${figureFile}`);
    for (const [file] of files) say(`file     ${join(out, file)}`);
    say(`results  ${join(out, 'results.json')}, ${join(out, 'report.md')}`);
  } finally {
    reporter.stop();
    release();
    backend.dispose();
  }
}

/** A bar with the run, its state and the time left; where there is no terminal, a line a run. */
function reporterOf(): ConductReporter & { stop(): void } {
  const bar = new Bar('{bar} {percentage}% | {line}');
  return {
    start({ runs, kept }) {
      if (kept > 0) say(`resumed  ${kept} of ${runs} runs were done before`);
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

/** Throws where the file could not be written; nothing is changed that is there. */
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
