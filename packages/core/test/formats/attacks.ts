/**
 * Safetensors files that a strict reader must refuse, and what it must say.
 */

export interface Attack {
  name: string;
  bytes: Uint8Array;
  error: string;
}

type Header = string | Record<string, unknown>;

/** A file of a header, as text or JSON, and `dataBytes` zeros; `length` is a false length of the header. */
export function safetensorsFile(header: Header, dataBytes: number, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return joined(new TextEncoder().encode(text), dataBytes, length);
}

function joined(json: Uint8Array, dataBytes: number, length = BigInt(json.length)): Uint8Array {
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(json, 8);
  return bytes;
}

const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});
const good = { a: f32([2], 0, 8) };

const file = safetensorsFile;

export const attacks: Attack[] = [
  { name: 'empty', bytes: new Uint8Array(0), error: 'has 0 bytes, expected at least 10' },
  { name: 'only-length', bytes: new Uint8Array(8), error: 'has 8 bytes' },
  { name: 'header-length-zero', bytes: file('', 8), error: 'the header length is 0' },
  {
    name: 'header-beyond-file',
    bytes: file(good, 8, 5000n),
    error: 'the header length is 5000, expected 2 to',
  },
  {
    name: 'header-length-2-64',
    bytes: file(good, 8, 2n ** 64n - 1n),
    error: 'the header length is 18446744073709551615',
  },
  { name: 'header-cut-short', bytes: file(good, 8, 20n), error: 'the header is not JSON' },
  { name: 'header-is-data', bytes: file(good, 8, 60n), error: 'is not' },
  { name: 'not-an-object', bytes: file('[1]', 0), error: 'starts with byte 91, expected "{"' },
  { name: 'space-first', bytes: file(' {}', 0), error: 'starts with byte 32' },
  { name: 'byte-order-mark', bytes: file('\ufeff{}', 0), error: 'starts with byte 239' },
  {
    name: 'not-utf8',
    bytes: joined(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 0),
    error: 'the header is not valid UTF-8',
  },
  { name: 'not-json', bytes: file('{"a":', 0), error: 'the header is not JSON' },
  { name: 'open-string', bytes: file('{"a', 0), error: 'a string has no end' },
  { name: 'two-values', bytes: file('{}{}', 0), error: 'the header is not JSON' },
  { name: 'zero-after-json', bytes: file('{}\0', 0), error: 'the header is not JSON' },
  {
    name: 'duplicate-tensor',
    bytes: file(`{"a":${JSON.stringify(good.a)},"a":${JSON.stringify(good.a)}}`, 8),
    error: 'has the key "a" twice',
  },
  {
    name: 'duplicate-escaped',
    bytes: file(`{"a":${JSON.stringify(good.a)},"\\u0061":${JSON.stringify(good.a)}}`, 8),
    error: 'has the key "a" twice',
  },
  {
    name: 'duplicate-field',
    bytes: file('{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}', 8),
    error: 'has the key "dtype" twice',
  },
  { name: 'deep', bytes: file(`{"a":${'['.repeat(1000)}`, 0), error: 'nested deeper than 3' },
  { name: 'tensor-is-null', bytes: file({ a: null }, 0), error: 'tensor "a" is null' },
  {
    name: 'missing-field',
    bytes: file({ a: { dtype: 'F32', shape: [2] } }, 8),
    error: 'expected an object of dtype, shape and data_offsets',
  },
  {
    name: 'extra-field',
    bytes: file({ a: { ...good.a, strides: [1] } }, 8),
    error: 'expected an object of dtype, shape and data_offsets',
  },
  {
    name: 'unknown-dtype',
    bytes: file({ a: { ...good.a, dtype: 'F31' } }, 8),
    error: 'has dtype "F31", expected one of F64, F32',
  },
  {
    name: 'dtype-of-object',
    bytes: file({ a: { ...good.a, dtype: 'toString' } }, 8),
    error: 'has dtype "toString"',
  },
  { name: 'negative-shape', bytes: file({ a: f32([-2], 0, 8) }, 8), error: 'has shape [-2]' },
  { name: 'fractional-shape', bytes: file({ a: f32([2.5], 0, 8) }, 8), error: 'the number "2.5"' },
  { name: 'float-shape', bytes: file('{"a":2.0}', 0), error: 'the number "2.0"' },
  { name: 'exponent', bytes: file('{"a":1e3}', 0), error: 'the number "1e3"' },
  { name: 'shape-of-text', bytes: file({ a: f32(['2'], 0, 8) }, 8), error: 'has shape ["2"]' },
  { name: 'shape-is-number', bytes: file({ a: f32(2, 0, 8) }, 8), error: 'has shape 2' },
  { name: 'rank-65', bytes: file({ a: f32(Array(65).fill(1), 0, 4) }, 4), error: 'at most 64' },
  {
    name: 'shape-overflow',
    bytes: file({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8),
    error: 'expected at most 2⁵⁰ elements',
  },
  {
    name: 'shape-wraps-to-zero',
    bytes: file({ a: f32([2 ** 32, 2 ** 32], 0, 0) }, 0),
    error: 'expected at most 2⁵⁰ elements',
  },
  {
    name: 'shape-beyond-2-53',
    bytes: file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,8]}}', 8),
    error: 'expected at most 64 whole numbers',
  },
  {
    name: 'offsets-too-long',
    bytes: file({ a: f32([2], 0, 12) }, 12),
    error: 'has 12 bytes of data, expected 8 for F32 of shape [2]',
  },
  { name: 'offsets-swapped', bytes: file({ a: f32([2], 8, 0) }, 8), error: 'data_offsets [8, 0]' },
  {
    name: 'offsets-negative',
    bytes: file({ a: f32([2], -8, 0) }, 8),
    error: 'data_offsets [-8, 0]',
  },
  { name: 'offsets-of-text', bytes: file({ a: f32([2], '0', 8) }, 8), error: 'data_offsets ["0"' },
  {
    name: 'offsets-three',
    bytes: file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8, 8] } }, 8),
    error: 'data_offsets [0, 8, 8]',
  },
  {
    name: 'overlap',
    bytes: file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
    error: 'tensor "b" begins at 4 and overlaps',
  },
  {
    name: 'same-bytes-twice',
    bytes: file({ a: f32([2], 0, 8), b: f32([2], 0, 8) }, 8),
    error: 'overlaps the tensor before it, expected 8',
  },
  {
    name: 'hole',
    bytes: file({ a: f32([2], 0, 8), b: f32([2], 12, 20) }, 20),
    error: 'tensor "b" begins at 12 and leaves a hole before it, expected 8',
  },
  { name: 'hole-first', bytes: file({ a: f32([2], 4, 12) }, 12), error: 'leaves a hole' },
  { name: 'truncated', bytes: file(good, 7), error: 'is truncated: it has 7 bytes of data' },
  { name: 'trailing-bytes', bytes: file(good, 9), error: 'has 1 trailing bytes' },
  { name: 'data-of-nothing', bytes: file({}, 4), error: 'has 4 trailing bytes' },
  {
    name: 'metadata-number',
    bytes: file({ __metadata__: { step: 3 }, ...good }, 8),
    error: '__metadata__ has 3 under "step", expected a text',
  },
  {
    name: 'metadata-list',
    bytes: file({ __metadata__: ['x'], ...good }, 8),
    error: '__metadata__ is ["x"], expected an object',
  },
  {
    name: 'prototype-tensor',
    bytes: file(`{"__proto__":${JSON.stringify(good.a)}}`, 8),
    error: 'is named "__proto__", which is reserved',
  },
  {
    name: 'prototype-metadata',
    bytes: file('{"__metadata__":{"__proto__":"x"}}', 0),
    error: 'is named "__proto__", which is reserved',
  },
  {
    name: 'constructor-tensor',
    bytes: file(`{"constructor":${JSON.stringify(good.a)}}`, 8),
    error: 'is named "constructor", which is reserved',
  },
  {
    name: 'endless-name',
    bytes: file({ ['x'.repeat(100_000)]: f32([-1], 0, 4) }, 4),
    error: 'has shape [-1]',
  },
];
