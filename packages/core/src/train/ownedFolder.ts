/** A folder that one process at a time writes in: taken by a lock file that holds the process id. Node only. */
import { UsageError } from '../errors.ts';
import { HALF_WRITTEN } from '../formats/atomicFile.ts';
import { nodeModule } from '../node.ts';

export interface FolderUse {
  /** The start of error messages: 'train'. */
  where: string;
  lockFile: string;
  /** What a process does there, for errors: 'is training in'. */
  activity: string;
  /** What to choose if the folder cannot be used, for errors: 'another --out'. */
  alternative: string;
  /** Subfolders that are made. */
  create?: readonly string[];
  /** Subfolders that are swept, with the folder itself. */
  sweep?: readonly string[];
}

/**
 * Makes the folder and takes it for this process, then removes the files that a killed process left half written.
 * Resolves to a function that releases the folder. Throws UsageError if another process has the folder, or if it
 * cannot be written.
 */
export async function takeFolder(folder: string, use: FolderUse): Promise<() => Promise<void>> {
  const fs = nodeModule('fs/promises');
  const { join } = nodeModule('path');
  const { where, lockFile, alternative, create = [], sweep = [] } = use;
  try {
    for (const name of ['', ...create]) await fs.mkdir(join(folder, name), { recursive: true });
    const release = await lock(join(folder, lockFile), folder, use);
    try {
      for (const name of ['', ...sweep]) await removeHalfWritten(join(folder, name));
    } catch (error) {
      await release();
      throw error;
    }
    return release;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const remedies: Record<string, string> = {
      ENOSPC: 'Free some space.',
      EEXIST: 'Give the name of a folder, not of a file.',
    };
    const remedy = remedies[code] ?? `Choose ${alternative}, or change its permissions.`;
    throw new UsageError(where, `the folder ${folder} cannot be written (${code}). ${remedy}`, { cause: error });
  }
}

async function lock(path: string, folder: string, use: FolderUse): Promise<() => Promise<void>> {
  const fs = nodeModule('fs/promises');
  try {
    await fs.writeFile(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(await fs.readFile(path, 'utf8').catch(() => ''));
    if (owner !== process.pid && isRunning(owner)) {
      const { where, activity, alternative } = use;
      throw new UsageError(where, `process ${owner} ${activity} ${folder}. Wait for it, or choose ${alternative}.`);
    }
    await fs.writeFile(path, String(process.pid));
  }
  return () => fs.rm(path, { force: true });
}

/** A lock whose process has ended was left by a kill. */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function removeHalfWritten(folder: string): Promise<void> {
  const fs = nodeModule('fs/promises');
  const names = await fs.readdir(folder).catch(() => []);
  const halves = names.filter((name) => HALF_WRITTEN.test(name));
  await Promise.all(halves.map((name) => fs.rm(nodeModule('path').join(folder, name), { force: true })));
}
