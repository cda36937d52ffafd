/** Atomic writes: a process that is killed while it saves leaves the previous file intact. */

import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';

/** The temporary name of a file that is being written, which a kill may leave behind. */
export const HALF_WRITTEN: RegExp = /^\..+\.[0-9a-f]{8}\.tmp$/;

/** Linux writes at most 2³¹ − 4096 bytes in one call. */
const WRITE_LIMIT = 2 ** 30;

/**
 * Writes the chunks under a temporary name in the same folder, flushes them to disk, then renames the file into place
 * (Node). If anything fails, `path` is unchanged and the temporary file is removed.
 *
 * Throws what `chunks` throws, and UsageError if the disk is full or the folder cannot be written.
 *
 * @example
 * await writeAtomic('runs/best/model.safetensors', encodeSafetensors(tensors));
 */
export async function writeAtomic(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const { open, rename, rm } = nodeModule('fs/promises');
  const { basename, dirname, join } = nodeModule('path');
  const disk = <Value>(work: Promise<Value>): Promise<Value> =>
    work.catch((cause: unknown) => {
      throw writeFailure(path, dirname(path), cause);
    });

  const suffix = crypto.randomUUID().slice(0, 8);
  const temporary = join(dirname(path), `.${basename(path)}.${suffix}.tmp`);
  const handle = await disk(open(temporary, 'wx'));
  try {
    try {
      for await (const chunk of chunks) {
        for (let done = 0; done < chunk.byteLength; ) {
          const count = Math.min(chunk.byteLength - done, WRITE_LIMIT);
          done += (await disk(handle.write(chunk, done, count))).bytesWritten;
        }
      }
      await disk(handle.sync());
    } finally {
      await handle.close();
    }
    await disk(rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Flushes the new name, so that it survives a power cut. Windows neither has nor needs this call. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await nodeModule('fs/promises')
    .open(folder, 'r')
    .catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function writeFailure(path: string, folder: string, cause: unknown): Error {
  const { code, message } = cause as { code?: string; message?: string };
  const problems: Record<string, string> = {
    ENOSPC: 'the disk is full. Free some space or write to another disk.',
    EDQUOT: 'your disk quota is used up. Free some space or write to another disk.',
    EACCES: `${folder} may not be written. Change its permissions or write to another folder.`,
    EPERM: `${folder} may not be written. Change its permissions or write to another folder.`,
    EROFS: `${folder} is on a read-only disk. Write to another folder.`,
    ENOENT: `the folder ${folder} does not exist. Create it.`,
    ENOTDIR: `${folder} is not a folder. Check the path.`,
    EISDIR: 'it is a folder. Give the path of a file, or remove the folder.',
  };
  const problem = problems[code ?? ''] ?? `${message ?? String(cause)}.`;
  return new UsageError('', `${path} could not be written: ${problem}`, { cause });
}
