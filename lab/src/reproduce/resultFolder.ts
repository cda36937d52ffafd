/**
 * The folder of an experiment's results, from which a killed experiment resumes: experiment.json names the experiment
 * and its settings, runs/ID.json holds the result of each run, and work/ID/ the checkpoints of the current run.
 */

import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { readJsonFile, writeAtomic } from '@mamba-ts/core/formats';
import { takeFolder } from '@mamba-ts/core/train';
import type { Settings } from './experiment.ts';

const SPENT = 'seconds';
const LOCK = 'reproduce.lock';
/** What a folder without an experiment may hold. */
const EXPECTED = ['runs', 'work', LOCK];

/** What a folder holds the results of. */
export interface Plan {
  name: string;
  quick: boolean;
  settings: Settings;
}

export interface RunResult {
  /** The time of the run, over all sessions. */
  seconds: number;
  result: unknown;
}

export class ResultFolder {
  private constructor(
    readonly path: string,
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * Makes the folder and takes it for this process. Throws UsageError if another process works in it, if it cannot be
   * written, or if it holds an experiment with other settings, or other files.
   */
  static async open(path: string, plan: Plan): Promise<ResultFolder> {
    const release = await takeFolder(path, {
      where: 'reproduce',
      lockFile: LOCK,
      activity: 'is at work in',
      alternative: 'another --out',
      create: ['runs'],
      sweep: ['runs'],
    });
    const folder = new ResultFolder(path, release);
    try {
      await folder.claim(plan);
    } catch (error) {
      await folder.close();
      throw error;
    }
    return folder;
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  private async claim(plan: Plan): Promise<void> {
    const path = this.file('experiment.json');
    const names = await readdir(this.path);
    if (names.includes('experiment.json')) {
      const advice = `It is damaged: remove the folder ${this.path}.`;
      const found = (await readJsonFile(path, advice)) as Partial<Plan> | null;
      if (found?.name !== plan.name || (await this.isBegun())) {
        requireSame(found, plan, this.path);
        return;
      }
    } else {
      const runs = (await readdir(this.file('runs'))).map((name) => join('runs', name));
      const others = [...names.filter((name) => !EXPECTED.includes(name)), ...runs];
      if (others.length > 0) {
        throw new UsageError(
          'reproduce',
          `${this.path} holds other files (${others[0]}), expected an empty folder or one of this experiment. Choose another --out.`,
        );
      }
    }
    await this.writeJson(path, plan);
  }

  /** Whether there is a result or a checkpoint. */
  private async isBegun(): Promise<boolean> {
    const list = (...path: string[]) => readdir(this.file(...path)).catch(() => []);
    const begun = await Promise.all((await list('work')).map((id) => list('work', id)));
    return [await list('runs'), ...begun].some((names) => names.length > 0);
  }

  /** The result of a run, or undefined if the run is not done. */
  async read(id: string): Promise<RunResult | undefined> {
    const names = await readdir(this.file('runs'));
    if (!names.includes(`${id}.json`)) return undefined;
    const path = this.file('runs', `${id}.json`);
    const found = (await readJsonFile(path, damaged(path))) as Partial<RunResult> | null;
    if (typeof found?.seconds !== 'number' || found.result === undefined) {
      throw new UsageError('', `${path} holds no result. ${damaged(path)}`);
    }
    return found as RunResult;
  }

  /** Saves the result of a run and removes its checkpoints. */
  async keep(id: string, result: RunResult): Promise<void> {
    await this.writeJson(this.file('runs', `${id}.json`), result);
    await rm(this.file('work', id), { recursive: true, force: true });
  }

  /** The folder of a run's checkpoints. */
  async workOf(id: string): Promise<string> {
    const path = this.file('work', id);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** Seconds that earlier sessions spent on a run that did not end. */
  async spentOn(id: string): Promise<number> {
    return Number(await readFile(this.file('work', id, SPENT), 'utf8').catch(() => '0')) || 0;
  }

  spend(id: string, seconds: number): void {
    writeFileSync(this.file('work', id, SPENT), String(seconds));
  }

  async writeJson(path: string, value: unknown): Promise<void> {
    await writeAtomic(path, [Buffer.from(`${JSON.stringify(value, null, 1)}\n`)]);
  }

  async close(): Promise<void> {
    // Stays if a run has not ended.
    await rmdir(this.file('work')).catch(() => undefined);
    await this.release();
  }
}

const damaged = (path: string) => `It is damaged: remove ${path}, and its run is done again.`;

function requireSame(found: Partial<Plan> | null, plan: Plan, path: string): void {
  const advice = 'Choose another --out, or remove the folder.';
  if (found?.name !== plan.name) {
    throw new UsageError('reproduce', `${path} holds the experiment '${found?.name}', not '${plan.name}'. ${advice}`);
  }
  const show = (value: unknown) => JSON.stringify(value);
  const before: Record<string, unknown> = { ...found.settings };
  const keys = [...new Set([...Object.keys(before), ...Object.keys(plan.settings)])];
  const other = keys.find((key) => show(before[key]) !== show(plan.settings[key]));
  if (other === undefined) return;
  throw new UsageError(
    'reproduce',
    `${other} was ${show(before[other])} in ${path} and is ${show(plan.settings[other])} now` +
      `${found.quick === plan.quick ? '' : `, for it holds a ${found.quick ? 'quick' : 'full'} run`}. ${advice}`,
  );
}
