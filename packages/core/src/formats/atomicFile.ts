/**
 * Files that are there whole or not at all: a run that dies while saving keeps its last checkpoint.
 *
 *   await writeAtomic('runs/best/model.safetensors', encodeSafetensors(tensors));
 */

import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';

/** How a file is named until it is whole: what a kill may leave behind. */
export const HALF_WRITTEN: RegExp = /^\..+\.[0-9a-f]{8}\.tmp$/;

/** Linux writes at most 2³¹ − 4096 bytes in one call. */
const WRITE_LIMIT = 2 ** 30;

/**
 * Writes the chunks under a new name in the same folder, brings them to the disk, then renames
 * into place (Node). Where anything fails, `path` is as it was and nothing is left behind.
 *
 * Throws what `chunks` throws, and for the disk an Error that says what to do.
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

/** So that the new name survives a power cut. Windows has no such call and needs none. */
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
    EACCES: `you may not write in ${folder}. Change its permissions or write to another folder.`,
    EPERM: `you may not write in ${folder}. Change its permissions or write to another folder.`,
    EROFS: `${folder} is on a read-only disk. Write to another folder.`,
    ENOENT: `the folder ${folder} does not exist. Create it first.`,
    ENOTDIR: `${folder} is not a folder. Check the path.`,
    EISDIR: 'it is a folder. Give the path of a file, or remove the folder.',
  };
  const problem = problems[code ?? ''] ?? `${message ?? String(cause)}.`;
  return new UsageError('', `${path} could not be written: ${problem}`, { cause });
}
