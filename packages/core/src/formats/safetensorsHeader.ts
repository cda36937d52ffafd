/**
 * The header of a safetensors file, completely checked before use.
 *
 *   u64 header length | header, JSON | data
 *   header: { "__metadata__": { key: text }, name: { dtype, shape, data_offsets: [begin, end] } }
 *
 * The tensors must cover the data exactly, without holes, overlaps or trailing bytes.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import { DTYPE_BYTES, type Dtype, isDtype } from './dtypes.ts';
import { parseStrictJson } from './strictJson.ts';
import { checkName, elementCount, type TensorInfo } from './tensorFile.ts';

/** The position of a tensor, in bytes from the start of the data. */
export interface SafetensorsInfo extends TensorInfo {
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  /** In the order of the data. */
  tensors: Map<string, SafetensorsInfo>;
}

const DAMAGED = 'The file is damaged or not safetensors: get it again.';
/** {, {, [ */
const MAX_DEPTH = 3;

/**
 * Parses the JSON of a header. Throws UsageError for anything that the format does not allow.
 * @param file names the file in errors
 * @param bytes the header without its length
 * @param dataBytes the number of bytes after the header
 */
export function parseHeader(file: string, bytes: Uint8Array, dataBytes: number): SafetensorsHeader {
  const entries = parseEntries(file, bytes);
  let metadata: Record<string, string> = {};
  const found: [string, SafetensorsInfo][] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') {
      metadata = parseMetadata(file, value);
    } else {
      checkName(`${file}: a tensor`, name);
      found.push([name, parseTensor(`${file}: tensor ${shown(name)}`, value)]);
    }
  }
  found.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkCover(file, found, dataBytes);
  return { metadata, tensors: new Map(found) };
}

function parseEntries(file: string, bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) {
    throw new UsageError(file, `the header starts with byte ${bytes[0]}, expected "{". ${DAMAGED}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(file, `the header is not valid UTF-8. ${DAMAGED}`);
  }
  try {
    return parseStrictJson(text, MAX_DEPTH) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(file, `the header ${(error as Error).message}. ${DAMAGED}`);
  }
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (!isObject(value)) {
    throw new UsageError(file, `__metadata__ is ${shown(value)}, expected an object of texts. ${DAMAGED}`);
  }
  for (const [key, text] of Object.entries(value)) {
    checkName(`${file}: an entry of __metadata__`, key);
    if (typeof text !== 'string') {
      throw new UsageError(file, `__metadata__ has ${shown(text)} under ${shown(key)}, expected a text. ${DAMAGED}`);
    }
  }
  return value as Record<string, string>;
}

function parseTensor(what: string, value: unknown): SafetensorsInfo {
  const keys = isObject(value) ? Object.keys(value).sort().join() : '';
  if (keys !== 'data_offsets,dtype,shape') {
    throw new UsageError(
      '',
      `${what} is ${shown(value)}, expected an object of dtype, shape and data_offsets. ${DAMAGED}`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (!isDtype(dtype)) {
    throw new UsageError(
      '',
      `${what} has dtype ${shown(dtype)}, expected one of ${Object.keys(DTYPE_BYTES).join(', ')}. ` +
        'Convert the file to one of these.',
    );
  }
  const bytes = elementCount(what, shape) * DTYPE_BYTES[dtype];
  const [begin, end] = parseOffsets(what, offsets);
  if (end - begin !== bytes) {
    throw new UsageError(
      '',
      `${what} has ${end - begin} bytes of data, expected ${bytes} ` +
        `for ${dtype} of shape ${shown(shape)}. ${DAMAGED}`,
    );
  }
  return { dtype: dtype satisfies Dtype, shape: shape as number[], begin, end };
}

function parseOffsets(what: string, offsets: unknown): [begin: number, end: number] {
  if (Array.isArray(offsets) && offsets.length === 2 && offsets.every(Number.isSafeInteger)) {
    const [begin, end] = offsets as [number, number];
    if (begin >= 0 && begin <= end) return [begin, end];
  }
  throw new UsageError(
    '',
    `${what} has data_offsets ${shown(offsets)}, expected [begin, end] with 0 ≤ begin ≤ end. ${DAMAGED}`,
  );
}

function checkCover(file: string, sorted: [string, SafetensorsInfo][], dataBytes: number): void {
  let covered = 0;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== covered) {
      const problem = begin < covered ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new UsageError(
        file,
        `tensor ${shown(name)} begins at ${begin} and ${problem}, ` + `expected ${covered}. ${DAMAGED}`,
      );
    }
    covered = end;
  }
  if (covered > dataBytes) {
    throw new UsageError(
      '',
      `${file} is truncated: it has ${dataBytes} bytes of data, ` + `expected ${covered}. Download or copy it again.`,
    );
  }
  if (covered < dataBytes) {
    throw new UsageError(
      '',
      `${file} has ${dataBytes - covered} trailing bytes that belong to no tensor, ` + `expected none. ${DAMAGED}`,
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
