/** Opens and lists files (Node), with errors that say what to do. */

import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';

export interface FileFacts {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly isFolder: boolean;
}

/** What is used of Node's FileHandle, whose own type would make projects of pages need @types/node. */
export interface OpenFile {
  read(into: Uint8Array, at: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

export async function factsOf(path: string): Promise<FileFacts> {
  const facts = await orExplain(path, () => nodeModule('fs/promises').stat(path));
  return { size: facts.size, modified: facts.mtimeMs, isFolder: facts.isDirectory() };
}

export async function openFile(path: string): Promise<OpenFile> {
  return orExplain(path, () => nodeModule('fs/promises').open(path, 'r'));
}

/** Reads bytes of a file, from `offset` on, into an array. Returns their number: less than its length at the end. */
export async function readFully(file: OpenFile, into: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

const CHUNK = 2 ** 18;

/**
 * The bytes of a file (Node), in chunks. A chunk is valid until the next one is read.
 *
 * @throws UsageError where the file cannot be read
 * @example
 * const wav = await openWav(data.chunksOf('clip.wav'), 'clip.wav');
 */
export async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    const buffer = new Uint8Array(CHUNK);
    for (let offset = 0; ; ) {
      const filled = await orExplain(path, () => readFully(file, buffer, offset));
      if (filled > 0) yield buffer.subarray(0, filled);
      if (filled < CHUNK) return;
      offset += filled;
    }
  } finally {
    await file.close();
  }
}

/**
 * The files below a folder whose names end in one of `extensions`, in the order of their code units, which is the same
 * on every machine. Hidden files are left out, and so are links to folders, which could be circular.
 */
export async function filesBelow(folder: string, extensions: readonly string[]): Promise<string[]> {
  const { readdir } = nodeModule('fs/promises');
  const { join } = nodeModule('path');
  const entries = await orExplain(folder, () => readdir(folder, { withFileTypes: true }));
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      found.push(...(await filesBelow(path, extensions)));
    } else if (extensions.some((extension) => entry.name.toLowerCase().endsWith(extension))) {
      if (!(await factsOf(path)).isFolder) found.push(path);
    }
  }
  return found;
}

async function orExplain<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(path, error);
  }
}

function explain(path: string, error: unknown): Error {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const { resolve } = nodeModule('path');
  const reasons: Record<string, string> = {
    ENOENT: `there is no ${resolve(path)}. Check the path.`,
    EACCES: `${path} may not be read. Give this user the right to read it (chmod +r), or copy it.`,
    EPERM: `${path} may not be read. Give this user the right to read it (chmod +r), or copy it.`,
    EISDIR: `${path} is a folder, expected a file.`,
    EMFILE: `${path} can't be opened: too many files are open. Raise the limit (ulimit -n).`,
  };
  const message = error instanceof Error ? error.message : String(error);
  const reason = reasons[String(code)] ?? `${path} can't be read: ${message}.`;
  return new UsageError('data', `${reason}`, { cause: error });
}
