/**
 * Zip archives whose entries are stored and not compressed, as torch writes them.
 *
 *   local header, data | … | central directory | zip64 record and locator | end record
 *
 * The central directory is authoritative, and each local header must agree with it. Entries must not overlap, so an
 * archive cannot hold more than its size.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import type { ByteSource } from './byteSource.ts';

const LOCAL = { signature: 0x04034b50, bytes: 30 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const END = { signature: 0x06054b50, bytes: 22 };
const LOCATOR = { signature: 0x07064b50, bytes: 20 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const MAX_COMMENT = 0xffff;
/** The value of a 16- or 32-bit field whose real value is in the zip64 record. */
const IN_ZIP64 = { short: 0xffff, long: 0xffffffff };
const ZIP64_EXTRA = 0x0001;
/** Bits 0, 6 and 13 of the flags. */
const ENCRYPTED = 0x2041;
const MAX_DIRECTORY_BYTES = 2 ** 28;
const DAMAGED = 'The file is damaged: get it again.';

interface ZipEntry {
  readonly size: number;
  /** The position of its local header. */
  readonly offset: number;
  /** The position of the next entry or of the directory. */
  limit: number;
  readonly nameBytes: number;
}

interface Directory {
  offset: number;
  size: number;
  count: number;
}

/** Random access to the entries of an archive. */
export class ZipArchive {
  constructor(
    private readonly source: ByteSource,
    private readonly entries: ReadonlyMap<string, ZipEntry>,
  ) {}

  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** Bytes of an entry; undefined if there is none. */
  size(name: string): number | undefined {
    return this.entries.get(name)?.size;
  }

  /** `length` bytes of an entry from `offset`. Default: to its end. */
  async read(name: string, offset = 0, length?: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.source.name;
    const entry = this.entries.get(name);
    if (!entry) throw new UsageError('', `${file} has no entry ${shown(name)}. ${DAMAGED}`);
    const count = length ?? entry.size - offset;
    if (offset < 0 || count < 0 || offset + count > entry.size) {
      throw new UsageError(
        file,
        `bytes ${offset} to ${offset + count} of entry ${shown(name)} were requested, ` +
          `but it has ${entry.size}. ${DAMAGED}`,
      );
    }
    return this.source.read((await this.dataBegin(name, entry)) + offset, count);
  }

  private async dataBegin(name: string, entry: ZipEntry): Promise<number> {
    const header = view(await this.source.read(entry.offset, LOCAL.bytes));
    const nameBytes = header.getUint16(26, true);
    const begin = entry.offset + LOCAL.bytes + nameBytes + header.getUint16(28, true);
    if (
      header.getUint32(0, true) !== LOCAL.signature ||
      header.getUint16(8, true) !== 0 ||
      nameBytes !== entry.nameBytes ||
      begin + entry.size > entry.limit ||
      decodeName(await this.source.read(entry.offset + LOCAL.bytes, nameBytes)) !== name
    ) {
      throw new UsageError(this.source.name, `entry ${shown(name)} differs from the zip directory. ${DAMAGED}`);
    }
    return begin;
  }
}

/** Reads and checks the directory. Throws UsageError for compressed, encrypted and overlapping entries. */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const { name: file } = source;
  const directory = await findDirectory(source);
  const bytes = await source.read(directory.offset, directory.size);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    const entry = parseEntry(file, bytes, at);
    if (entries.has(entry.name)) {
      throw new UsageError('', `${file} has the zip entry ${shown(entry.name)} twice. ${DAMAGED}`);
    }
    entries.set(entry.name, entry);
    at = entry.next;
  }
  if (at !== bytes.length) {
    throw new UsageError(
      file,
      `the zip directory has ${bytes.length} bytes, expected ${at} ` + `for ${directory.count} entries. ${DAMAGED}`,
    );
  }
  setLimits(file, entries, directory.offset);
  return new ZipArchive(source, entries);
}

/** Finds the end record. Its comment must end where the file ends. */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const { name: file, size } = source;
  const tailBytes = Math.min(size, END.bytes + MAX_COMMENT);
  const tail = view(await source.read(size - tailBytes, tailBytes));
  let at = tailBytes - END.bytes;
  while (at >= 0) {
    const found = tail.getUint32(at, true) === END.signature;
    if (found && at + END.bytes + tail.getUint16(at + 20, true) === tailBytes) break;
    at--;
  }
  if (at < 0) {
    throw new UsageError(
      '',
      `${file} has no zip end record that reaches its end, at byte ${size}. ` +
        'The file is truncated or damaged: get it again.',
    );
  }
  const end = size - tailBytes + at;
  const short = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const disks = [tail.getUint16(at + 4, true), tail.getUint16(at + 6, true)];
  const { directory, limit } = await resolveZip64(source, short, end);
  if (disks.some((disk) => disk !== 0 && disk !== IN_ZIP64.short)) {
    throw new UsageError('', `${file} is part of a split zip archive. Join its parts first.`);
  }
  if (directory.size > MAX_DIRECTORY_BYTES || directory.offset + directory.size !== limit) {
    throw new UsageError(
      file,
      `the zip directory is ${directory.size} bytes at ${directory.offset}, ` +
        `expected to end at ${limit} and to have at most ${MAX_DIRECTORY_BYTES} bytes. ${DAMAGED}`,
    );
  }
  return directory;
}

/** The directory, from the zip64 record if there is one, and the position at which it must end. */
async function resolveZip64(
  source: ByteSource,
  short: Directory,
  end: number,
): Promise<{ directory: Directory; limit: number }> {
  const file = source.name;
  const begin = end - LOCATOR.bytes;
  const locator = begin >= 0 ? view(await source.read(begin, LOCATOR.bytes)) : undefined;
  if (locator?.getUint32(0, true) !== LOCATOR.signature) return { directory: short, limit: end };
  const recordAt = u64(file, locator, 8);
  if (recordAt + END64.bytes > begin) {
    throw new UsageError(file, `the zip64 record is at ${recordAt}, expected before ${begin}. ${DAMAGED}`);
  }
  const record = view(await source.read(recordAt, END64.bytes));
  const directory = {
    count: u64(file, record, 32),
    size: u64(file, record, 40),
    offset: u64(file, record, 48),
  };
  const agrees =
    record.getUint32(0, true) === END64.signature &&
    [directory.count, IN_ZIP64.short].includes(short.count) &&
    [directory.size, IN_ZIP64.long].includes(short.size) &&
    [directory.offset, IN_ZIP64.long].includes(short.offset);
  if (!agrees) {
    throw new UsageError(file, `the zip64 record and the zip end record differ. ${DAMAGED}`);
  }
  return { directory, limit: recordAt };
}

function parseEntry(file: string, bytes: Uint8Array<ArrayBuffer>, at: number) {
  const fields = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const whole = fields.byteLength >= CENTRAL.bytes;
  if (!whole || fields.getUint32(0, true) !== CENTRAL.signature) {
    throw new UsageError(file, `the zip directory has no entry at its byte ${at}. ${DAMAGED}`);
  }
  const nameBytes = fields.getUint16(28, true);
  const extraBytes = fields.getUint16(30, true);
  const nameEnd = CENTRAL.bytes + nameBytes;
  const end = nameEnd + extraBytes + fields.getUint16(32, true);
  if (end > fields.byteLength) {
    throw new UsageError(file, `the zip directory ends inside an entry. ${DAMAGED}`);
  }
  const name = decodeName(bytes.subarray(at + CENTRAL.bytes, at + nameEnd));
  if (name === undefined) throw new UsageError('', `${file} has a zip entry not named in UTF-8. ${DAMAGED}`);
  const extra = view(bytes.slice(at + nameEnd, at + nameEnd + extraBytes));
  const [size, stored, offset] = wideFields(`${file}: zip entry ${shown(name)}`, extra, [
    fields.getUint32(24, true),
    fields.getUint32(20, true),
    fields.getUint32(42, true),
  ]);
  const method = fields.getUint16(10, true);
  if ((fields.getUint16(8, true) & ENCRYPTED) !== 0 || method !== 0 || size !== stored) {
    throw new UsageError(
      file,
      `zip entry ${shown(name)} is compressed or encrypted (method ${method}), ` +
        'expected it stored. Unpack it, or save it again with torch.save.',
    );
  }
  return { name, nameBytes, size, offset, limit: 0, next: at + end };
}

/** Size, stored size and offset, each from the zip64 extra field if the short field refers to it. */
function wideFields(what: string, extra: DataView, short: [number, number, number]) {
  let wide: DataView | undefined;
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const end = at + 4 + extra.getUint16(at + 2, true);
    if (end > extra.byteLength) throw new UsageError('', `${what} has a broken extra field. ${DAMAGED}`);
    if (extra.getUint16(at, true) === ZIP64_EXTRA) {
      wide = new DataView(extra.buffer, at + 4, end - at - 4);
    }
    at = end;
  }
  let next = 0;
  return short.map((value) => {
    if (value !== IN_ZIP64.long) return value;
    if (!wide || next + 8 > wide.byteLength) {
      throw new UsageError('', `${what} has no zip64 field for a size of 4 GiB or more. ${DAMAGED}`);
    }
    next += 8;
    return u64(what, wide, next - 8);
  });
}

function setLimits(file: string, entries: ReadonlyMap<string, ZipEntry>, end: number): void {
  let limit = end;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => b.offset - a.offset)) {
    entry.limit = limit;
    if (entry.offset + LOCAL.bytes + entry.nameBytes + entry.size > limit) {
      throw new UsageError(
        file,
        `zip entry ${shown(name)}, ${entry.size} bytes at ${entry.offset}, ` +
          `reaches beyond ${limit}, where the next one begins. ${DAMAGED}`,
      );
    }
    limit = entry.offset;
  }
}

function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function view(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function u64(what: string, fields: DataView, at: number): number {
  const value = Number(fields.getBigUint64(at, true));
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError('', `${what} has a size or offset of ${value}, expected below 2⁵³. ${DAMAGED}`);
}
