/**
 * Writes torch checkpoints as torch.save does, and as an attacker would.
 */

export type Code = readonly number[];

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
const le = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);

/** Pickle code that pushes one value. */
export const py = {
  none: [0x4e],
  bool: (value: boolean): Code => [value ? 0x88 : 0x89],
  int: (value: number): Code => [0x4a, ...le(value < 0 ? value + 2 ** 32 : value, 4)],
  long: (...bytes: number[]): Code => [0x8a, bytes.length, ...bytes],
  float: (value: number): Code => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return [0x47, ...new Uint8Array(view.buffer)];
  },
  text: (value: string): Code => [0x58, ...le(utf8(value).length, 4), ...utf8(value)],
  global: (module: string, name: string): Code => [0x63, ...utf8(`${module}\n${name}\n`)],
  tuple: (...items: Code[]): Code => [0x28, ...items.flat(), 0x74],
  list: (...items: Code[]): Code => [0x5d, 0x28, ...items.flat(), 0x65],
  dict: (...entries: [Code | string, Code][]): Code => [0x7d, ...setItems(entries)],
  orderedDict: (...entries: [Code | string, Code][]): Code => [
    ...py.call('collections', 'OrderedDict', []),
    ...setItems(entries),
  ],
  call: (module: string, name: string, args: Code[]): Code => [...py.global(module, name), ...py.tuple(...args), 0x52],
  program: (value: Code): Uint8Array => Uint8Array.from([0x80, 2, ...value, 0x2e]),
};

function setItems(entries: [Code | string, Code][]): number[] {
  const items = entries.flatMap(([key, value]) => [...(typeof key === 'string' ? py.text(key) : key), ...value]);
  return [0x28, ...items, 0x75];
}

export interface TensorCode {
  key?: string;
  type?: string;
  elements: number;
  offset?: number;
  shape: number[];
  strides: number[];
}

export function storageCode(type: Code, key: string, elements: number): Code {
  const id = py.tuple(py.text('storage'), type, py.text(key), py.text('cpu'), py.int(elements));
  return [...id, 0x51];
}

/** torch._utils._rebuild_tensor_v2 on a storage of `type`. */
export function tensorCode(tensor: TensorCode): Code {
  const { key = '0', type = 'FloatStorage', elements, offset = 0, shape, strides } = tensor;
  return py.call('torch._utils', '_rebuild_tensor_v2', [
    storageCode(py.global('torch', type), key, elements),
    py.int(offset),
    py.tuple(...shape.map(py.int)),
    py.tuple(...strides.map(py.int)),
    py.bool(false),
    py.orderedDict(),
  ]);
}

export interface Entry {
  name: string;
  bytes: Uint8Array;
  method?: number;
  flags?: number;
  /** The size in the directory. */
  size?: number;
  /** The offset in the directory. */
  offset?: number;
  /** Name in the local header. */
  localName?: string;
}

/** A zip of stored entries; with `zip64`, all sizes and offsets are in the zip64 fields. */
export function zipBytes(entries: Entry[], { zip64 = false, comment = '' } = {}): Uint8Array {
  const bytes: number[] = [];
  const directory: number[] = [];
  const wide = (value: number) => (zip64 ? le(0xffffffff, 4) : le(value, 4));
  for (const entry of entries) {
    const { method = 0, flags = 0, offset = bytes.length } = entry;
    const name = utf8(entry.name);
    const size = entry.size ?? entry.bytes.length;
    const localName = utf8(entry.localName ?? entry.name);
    const extra = zip64 ? [1, 0, 24, 0, ...le(size, 8), ...le(size, 8), ...le(offset, 8)] : [];
    // A local extra of 3 bytes, as torch pads its storages.
    bytes.push(...le(0x04034b50, 4), 20, 0, ...le(flags, 2), ...le(method, 2), ...le(0, 16));
    bytes.push(...le(localName.length, 2), ...le(3, 2), ...localName, 0, 0, 0, ...entry.bytes);
    directory.push(...le(0x02014b50, 4), 20, 0, 20, 0, ...le(flags, 2), ...le(method, 2));
    directory.push(...le(0, 8), ...wide(size), ...wide(size), ...le(name.length, 2));
    directory.push(...le(extra.length, 2), ...le(0, 10), ...wide(offset), ...name, ...extra);
  }
  const at = bytes.length;
  bytes.push(...directory);
  if (zip64) {
    const recordAt = bytes.length;
    const counts = [...le(entries.length, 8), ...le(entries.length, 8)];
    bytes.push(...le(0x06064b50, 4), ...le(44, 8), 45, 0, 45, 0, ...le(0, 8), ...counts);
    bytes.push(...le(directory.length, 8), ...le(at, 8));
    bytes.push(...le(0x07064b50, 4), ...le(0, 4), ...le(recordAt, 8), ...le(1, 4));
  }
  const count = zip64 ? 0xffff : entries.length;
  bytes.push(...le(0x06054b50, 4), ...le(0, 4), ...le(count, 2), ...le(count, 2));
  bytes.push(...wide(directory.length), ...wide(at), ...le(comment.length, 2), ...utf8(comment));
  return Uint8Array.from(bytes);
}

/** A checkpoint: the pickle of `root` and storages by key. */
export function torchBytes(
  root: Code,
  storages: Record<string, ArrayBufferView> = {},
  options: { byteOrder?: string; zip64?: boolean } = {},
): Uint8Array {
  const entries: Entry[] = [{ name: 'model/data.pkl', bytes: py.program(root) }];
  if (options.byteOrder !== undefined) {
    entries.push({ name: 'model/byteorder', bytes: Uint8Array.from(utf8(options.byteOrder)) });
  }
  for (const [key, { buffer, byteOffset, byteLength }] of Object.entries(storages)) {
    entries.push({
      name: `model/data/${key}`,
      bytes: new Uint8Array(buffer, byteOffset, byteLength),
    });
  }
  return zipBytes(entries, options);
}
