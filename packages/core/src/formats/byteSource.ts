/** Random access to the bytes of a file in memory, on disk or from the network. */

import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';

/**
 * @example
 * const source = await fileSource('model.safetensors');
 * const magic = await source.read(0, 8);
 * await source.close();
 */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** A path, a URL or a name, for error messages. */
  readonly name: string;
  /** A copy of `length` bytes from `offset`. Throws UsageError if they are not all inside the source. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Linux reads at most 2³¹ − 4096 bytes in one call. */
const READ_LIMIT = 2 ** 30;

/** Reads from memory. The bytes are copied only when they are read. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read: async (offset, length) => {
      checkRange(name, bytes.byteLength, offset, length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
    close: async () => {},
  };
}

/** Reads a file on disk (Node), never the whole file. Throws UsageError if it does not exist or may not be read. */
export async function fileSource(path: string): Promise<ByteSource> {
  const { open } = nodeModule('fs/promises');
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw openFailure(path, error);
  });
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new UsageError('', `${path} is not a file. Give the path of the file itself.`);
  }
  const { size } = stat;
  let closed = false;
  return {
    name: path,
    size,
    read: async (offset, length) => {
      if (closed) throw new UsageError('', `${path} was read after close(). Read before close(), or open it again.`);
      checkRange(path, size, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const count = Math.min(length - done, READ_LIMIT);
        const { bytesRead } = await handle.read(bytes, done, count, offset + done);
        if (bytesRead === 0) {
          throw new UsageError(
            '',
            `${path} became shorter than its ${size} bytes while it was read. ` +
              'Wait until its writer has finished, then open it again.',
          );
        }
        done += bytesRead;
      }
      return bytes;
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await handle.close();
    },
  };
}

/** Fetches a URL into memory. Throws UsageError for any status but 2xx. */
export async function urlSource(url: string | URL): Promise<ByteSource> {
  const name = String(url);
  const response = await fetch(url).catch((cause: unknown) => {
    throw new UsageError('', `${name} could not be fetched. Check the address and the network.`, { cause });
  });
  if (!response.ok) {
    throw new UsageError(
      '',
      `${name} answered ${response.status} ${response.statusText}, expected 200. Check the address.`,
    );
  }
  return bytesSource(name, new Uint8Array(await response.arrayBuffer()));
}

function checkRange(name: string, size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (whole && offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new UsageError(
    name,
    `bytes ${offset} to ${offset + length} were requested, but it has ${size}. ` +
      'The file is truncated or damaged: get it again.',
  );
}

function openFailure(path: string, cause: unknown): Error {
  const { code } = cause as { code?: string };
  if (code === 'ENOENT') return new UsageError('', `${path} does not exist. Check the path.`, { cause });
  if (code === 'EACCES') {
    return new UsageError('', `${path} may not be read. Check its permissions.`, { cause });
  }
  return new UsageError('', `${path} could not be opened (${code ?? String(cause)}).`, { cause });
}
