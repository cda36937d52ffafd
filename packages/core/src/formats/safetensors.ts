/**
 * safetensors, the format of checkpoints: https://github.com/huggingface/safetensors
 *
 * The reader is strict, so that no file reads differently here and in the official reader.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import type { ByteSource } from './byteSource.ts';
import { DTYPE_BYTES, floatToHalf, toFloat32, toInt32 } from './dtypes.ts';
import { parseHeader, type SafetensorsInfo } from './safetensorsHeader.ts';
import { checkName, elementCount, findTensor, type TensorFile, type TensorValues } from './tensorFile.ts';

/** The limit of the official reader. */
const MAX_HEADER_BYTES = 100_000_000;
/** Headers are padded so that the data begins at a multiple of this. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;
/** The length, and an empty JSON object. */
const MIN_BYTES = LENGTH_BYTES + 2;

/** An open safetensors file. Tensors are read from the source one at a time. */
export class SafetensorsFile implements TensorFile {
  readonly name: string;

  constructor(
    private readonly source: ByteSource,
    readonly metadata: Readonly<Record<string, string>>,
    /** In the order of the data. Begin and end are in bytes from the start of the data. */
    readonly tensors: ReadonlyMap<string, SafetensorsInfo>,
    private readonly dataBegin: number,
  ) {
    this.name = source.name;
  }

  /** A tensor of any dtype, converted to f32. */
  async read(name: string): Promise<TensorValues<Float32Array>> {
    const { dtype, shape } = findTensor(this.name, this.tensors, name);
    return { shape: [...shape], data: toFloat32(dtype, await this.readBytes(name)) };
  }

  /** An integer tensor as i32. Throws UsageError for a float dtype and for a value that does not fit. */
  async readInts(name: string): Promise<TensorValues<Int32Array>> {
    const { dtype, shape } = findTensor(this.name, this.tensors, name);
    const what = `${this.name}: tensor ${shown(name)}`;
    return { shape: [...shape], data: toInt32(what, dtype, await this.readBytes(name)) };
  }

  /** A copy of the bytes of a tensor, little-endian, as in the file. */
  async readBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { begin, end } = findTensor(this.name, this.tensors, name);
    return this.source.read(this.dataBegin + begin, end - begin);
  }

  close(): Promise<void> {
    return this.source.close();
  }
}

/**
 * Reads and checks the header. Throws UsageError for anything that the format does not allow.
 *
 * @example
 * const file = await openSafetensors(await fileSource('model.safetensors'));
 * const { shape, data } = await file.read('backbone.embedding.weight');
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { name, size } = source;
  if (size < MIN_BYTES) {
    throw new UsageError(
      '',
      `${name} has ${size} bytes, expected at least ${MIN_BYTES}. ` +
        'The file is truncated or not safetensors: get it again.',
    );
  }
  const prefix = await source.read(0, LENGTH_BYTES);
  const headerBytes = new DataView(prefix.buffer).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES);
  if (headerBytes < 2n || headerBytes > BigInt(most)) {
    throw new UsageError(
      name,
      `the header length is ${headerBytes}, expected 2 to ${most} in a file of ${size} bytes. ` +
        'The file is truncated or not safetensors: get it again.',
    );
  }
  const dataBegin = LENGTH_BYTES + Number(headerBytes);
  const header = await source.read(LENGTH_BYTES, Number(headerBytes));
  const { metadata, tensors } = parseHeader(name, header, size - dataBegin);
  return new SafetensorsFile(source, metadata, tensors, dataBegin);
}

/** A tensor to write. The values are row-major. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
  /** 'F16': each value of a Float32Array is rounded to the nearest. Default: F32 or I32, as the data are. */
  readonly dtype?: 'F16';
}

/**
 * The chunks of a safetensors file: the header, then a view of each tensor's memory, without copies unless it is
 * rounded to F16. Keep the data unchanged until the last chunk is written.
 *
 * Throws UsageError for a reserved or repeated name and for data whose length does not match its shape.
 *
 * @example
 * await writeAtomic('model.safetensors', encodeSafetensors([{ name: 'w', shape: [2, 3], data }]));
 */
export function encodeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Iterable<Uint8Array> {
  const list = [...tensors];
  const header = encodeHeader(list, metadata);
  return {
    *[Symbol.iterator]() {
      yield header;
      for (const { data, dtype } of list) {
        const { buffer, byteOffset, byteLength } =
          dtype === 'F16' && data instanceof Float32Array ? floatToHalf(data) : data;
        yield new Uint8Array(buffer, byteOffset, byteLength);
      }
    },
  };
}

/** A whole safetensors file as bytes. For a large model, write the chunks of encodeSafetensors. */
export function safetensorsBytes(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const chunks = [...encodeSafetensors(tensors, metadata)];
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Written without an object, which would move a name like "0" to the front. */
function encodeHeader(tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) {
    fields.push(`"__metadata__":${encodeMetadata(metadata)}`);
  }
  const names = new Set<string>();
  let offset = 0;
  for (const { name, shape, data, dtype: given } of tensors) {
    checkToWrite(name, shape, data, names);
    names.add(name);
    const dtype = data instanceof Float32Array ? (given ?? 'F32') : 'I32';
    const end = offset + data.length * DTYPE_BYTES[dtype];
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const json = new TextEncoder().encode(`{${fields.join()}}`);
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new UsageError(
      'safetensors',
      `the header has ${headerBytes} bytes, expected at most ${MAX_HEADER_BYTES}. ` +
        'Write fewer tensors or less metadata per file.',
    );
  }
  const header = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  for (const [key, text] of Object.entries(metadata)) {
    checkName('safetensors: an entry of the metadata', key);
    if (typeof text !== 'string') {
      throw new UsageError(
        'safetensors',
        `the metadata has ${shown(text)} under ${shown(key)}, expected a text. Convert it with JSON.stringify.`,
      );
    }
  }
  return JSON.stringify(metadata);
}

function checkToWrite(
  name: string,
  shape: readonly number[],
  data: Float32Array | Int32Array,
  names: ReadonlySet<string>,
): void {
  checkName('safetensors: a tensor', name);
  if (name === '__metadata__' || names.has(name)) {
    const problem = names.has(name) ? 'given twice' : 'the name of the metadata';
    throw new UsageError('safetensors', `tensor ${shown(name)} is ${problem}. Give it another name.`);
  }
  const elements = elementCount(`safetensors: tensor ${shown(name)}`, shape);
  if (elements !== data.length) {
    throw new UsageError(
      'safetensors',
      `tensor ${shown(name)} has ${data.length} values, ` +
        `expected ${elements} for shape ${shown(shape)}. Check the shape.`,
    );
  }
}
