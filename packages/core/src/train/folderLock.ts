/** A folder that one process at a time writes in: a file there names it. Node only. */
import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';

/** Takes the folder, or throws what `busy` says of the process that has it. Resolves to what lets it go. */
export async function lockFolder(
  folder: string,
  file: string,
  busy: (pid: number) => string,
): Promise<() => Promise<void>> {
  const fs = nodeModule('fs/promises');
  const path = nodeModule('path').join(folder, file);
  try {
    await fs.writeFile(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(await fs.readFile(path, 'utf8').catch(() => ''));
    if (owner !== process.pid && isRunning(owner)) throw new UsageError('', busy(owner));
    await fs.writeFile(path, String(process.pid));
  }
  return () => fs.rm(path, { force: true });
}

/** A lock whose process is gone was left by a kill. */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
