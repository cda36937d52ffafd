/**
 * Runs an experiment: all its variants, one after another, and saves the result of each. A stopped or killed experiment
 * resumes when it is run again in the same folder.
 */

import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@mamba-ts/core/errors';
import { writeAtomic } from '@mamba-ts/core/formats';
import type { Backend } from '@mamba-ts/core/tensor';
import { lackOf } from '@mamba-ts/core/train';
import { type Experiment, type Run, type RunContext, runsOf, type Settings, Stopped } from './experiment.ts';
import { ResultFolder, type RunResult } from './resultFolder.ts';
import { type Results, resultsText } from './results.ts';

export interface ConductOptions {
  settings: Settings;
  quick: boolean;
  out: string;
  /** Where data is looked for before the package's own. */
  data?: string;
  signal?: AbortSignal;
  reporter?: ConductReporter;
}

export interface ConductReporter {
  /** Before the first run; `kept` runs were done before. */
  start?(facts: { runs: number; kept: number }): void;
  /** `done` and `left` are of the whole: 0 to 1, and seconds. */
  progress?(state: { run: Run; index: number; count: number; done: number; left: number; note: string }): void;
  ended?(state: { run: Run; index: number; count: number; seconds: number; left: number }): void;
}

/** Seconds between two notes of the time that a run took, for one that is killed. */
const BETWEEN = 20;

/** → the results, or nothing where it was stopped before the end. */
export async function conduct(
  experiment: Experiment,
  backend: Backend,
  options: ConductOptions,
): Promise<Results | undefined> {
  const { settings, quick, out, signal = new AbortController().signal, reporter } = options;
  const runs = runsOf(experiment, settings);
  requireMemory(experiment, settings, backend);
  const folder = await ResultFolder.open(out, { name: experiment.name, quick, settings });
  try {
    const kept = new Map<string, RunResult>();
    for (const { id } of runs) {
      const found = await folder.read(id);
      if (found) kept.set(id, found);
    }
    reporter?.start?.({ runs: runs.length, kept: kept.size });
    const clock = new Clock(runs, kept);
    for (const [index, run] of runs.entries()) {
      if (kept.has(run.id)) continue;
      if (signal.aborted) return undefined;
      const tell: RunContext['progress'] = (done, note = '') =>
        reporter?.progress?.({ run, index, count: runs.length, ...clock.at(run, done), note });
      const data = (name: string) => dataPath(experiment.name, name, options.data);
      const ended = await timed(folder, run.id, tell, (work) =>
        experiment.run(run.variant, settings, { backend, signal, data, ...work }),
      );
      kept.set(run.id, ended);
      await folder.keep(run.id, ended);
      const left = clock.end(run);
      reporter?.ended?.({ run, index, count: runs.length, seconds: ended.seconds, left });
    }
    const results: Results = {
      experiment: experiment.name,
      quick,
      settings,
      machine: `${cpus()[0]?.model ?? 'unknown CPU'}, ${backend.device.description}, Node ${process.versions.node}`,
      runs: Object.fromEntries(runs.map(({ id }) => [id, kept.get(id) as RunResult])),
    };
    await writeAtomic(folder.file('results.json'), [Buffer.from(resultsText(results))]);
    return results;
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  } finally {
    await folder.close();
  }
}

/** A run and its time, with that of sessions before this one. */
async function timed(
  folder: ResultFolder,
  id: string,
  tell: RunContext['progress'],
  run: (work: Pick<RunContext, 'folder' | 'progress'>) => Promise<unknown>,
): Promise<RunResult> {
  const work = await folder.workOf(id);
  const before = await folder.spentOn(id);
  const begun = performance.now();
  const spent = () => before + (performance.now() - begun) / 1000;
  let written = begun;
  const progress: RunContext['progress'] = (done, note) => {
    tell(done, note);
    if (performance.now() - written < 1000 * BETWEEN) return;
    written = performance.now();
    folder.spend(id, spent());
  };
  try {
    const result = await run({ folder: work, progress });
    return { seconds: spent(), result };
  } catch (error) {
    if (error instanceof Stopped) folder.spend(id, spent());
    throw error;
  }
}

function requireMemory(experiment: Experiment, settings: Settings, backend: Backend): void {
  const needed = experiment.bytes?.(settings) ?? 0;
  const lack = lackOf(needed, backend);
  if (lack === undefined) return;
  throw new UsageError(
    'reproduce',
    `${experiment.name} with these settings needs about ${lack}. Choose smaller ones by --set NAME=VALUE.`,
  );
}

/** How much of all runs is done, and how long the rest takes at the pace of this session. */
class Clock {
  private readonly all: number;
  private readonly begun = performance.now();
  private readonly before: number;
  private done: number;

  constructor(runs: readonly Run[], kept: ReadonlyMap<string, unknown>) {
    const sum = (some: readonly Run[]) => some.reduce((total, { work }) => total + work, 0);
    this.all = sum(runs);
    this.before = sum(runs.filter(({ id }) => kept.has(id)));
    this.done = this.before;
  }

  /** Within a run, of which a part is done. */
  at({ work }: Run, part: number): { done: number; left: number } {
    return this.state(this.done + work * Math.min(1, Math.max(0, part)));
  }

  /** → seconds left. */
  end({ work }: Run): number {
    this.done += work;
    return this.state(this.done).left;
  }

  private state(done: number): { done: number; left: number } {
    const spent = (performance.now() - this.begun) / 1000;
    const worked = done - this.before;
    return { done: done / this.all, left: worked > 0 ? (spent / worked) * (this.all - done) : Number.NaN };
  }
}

async function dataPath(experiment: string, name: string, folder: string | undefined): Promise<string> {
  const own = ['../../data', '../../../packages/mamba-ts/data'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const places = folder === undefined ? own : [folder, ...own];
  const path = places.map((place) => join(place, name)).find(existsSync);
  if (path !== undefined) return path;
  throw new UsageError(
    'reproduce',
    `${experiment} needs ${name}, which is not in ${places.join(' or ')}. ` +
      'The repository of mamba-ts has it in its folder data: give that by --data FOLDER.',
  );
}
