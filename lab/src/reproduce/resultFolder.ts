/**
 * Where an experiment's results are kept while it runs, so that a killed one goes on: experiment.json says
 * which it is, runs/ID.json what each run gave, and work/ID/ holds the checkpoints of the one that is running.
 */

import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@mamba-ts/core/errors';
import { HALF_WRITTEN, readJsonFile, writeAtomic } from '@mamba-ts/core/formats';
import { lockFolder } from '@mamba-ts/core/train';
import type { Settings } from './experiment.ts';

const SPENT = 'seconds';
/** What an empty one may hold. */
const OURS = ['runs', 'work', 'reproduce.lock'];

/** What a folder is for. */
export interface Plan {
  name: string;
  quick: boolean;
  settings: Settings;
}

export interface RunResult {
  /** What the run took, all its sessions together. */
  seconds: number;
  result: unknown;
}

export class ResultFolder {
  private constructor(
    readonly path: string,
    private readonly unlock: () => Promise<void>,
  ) {}

  /** Takes the folder for this process. Refuses one in use, one of other settings, and one of something else. */
  static async open(path: string, plan: Plan): Promise<ResultFolder> {
    let unlock: () => Promise<void>;
    try {
      await mkdir(join(path, 'runs'), { recursive: true });
      unlock = await lockFolder(
        path,
        'reproduce.lock',
        (pid) => `reproduce: process ${pid} is at work in ${path}. Wait for it, or choose another --out.`,
      );
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new UsageError('reproduce', `the folder ${path} cannot be written (${code}). Choose another --out.`);
    }
    const folder = new ResultFolder(path, unlock);
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
    await this.sweep();
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
      const strangers = [...names.filter((name) => !OURS.includes(name)), ...runs];
      if (strangers.length > 0) {
        throw new UsageError(
          'reproduce',
          `${this.path} holds other things (${strangers[0]}), expected an empty folder or one of this experiment. Choose another --out.`,
        );
      }
    }
    await this.writeJson(path, plan);
  }

  /** Removes what a kill in the middle of writing left behind. */
  private async sweep(): Promise<void> {
    for (const folder of [this.path, this.file('runs')]) {
      const halves = (await readdir(folder)).filter((name) => HALF_WRITTEN.test(name));
      await Promise.all(halves.map((name) => rm(join(folder, name), { force: true })));
    }
  }

  /** Whether anything was done for the plan: a result, or a checkpoint. */
  private async isBegun(): Promise<boolean> {
    const list = (...path: string[]) => readdir(this.file(...path)).catch(() => []);
    const begun = await Promise.all((await list('work')).map((id) => list('work', id)));
    return [await list('runs'), ...begun].some((names) => names.length > 0);
  }

  /** What a run gave, or nothing where it is still to be done. */
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

  /** Keeps what a run gave; its checkpoints are not needed any more. */
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

  /** Seconds that sessions before this one spent on a run that did not end. */
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
    // Where a run is still to be ended, it stays.
    await rmdir(this.file('work')).catch(() => undefined);
    await this.unlock();
  }
}

const damaged = (path: string) => `It is damaged: remove ${path}, and what it held is done again.`;

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
