/**
 * The element types of tensor files, and their conversion to f32 or i32.
 *
 * Bytes are little-endian, as are all machines with WebAssembly in practice, so typed-array views read them directly.
 */
import { UsageError } from '../errors.ts';

/** Bytes per element. The names are those of safetensors. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

type Bytes = Uint8Array<ArrayBuffer>;

export function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value);
}

/** The elements as f32, each rounded to the nearest. Values beyond the range of f32 become ±Infinity. */
export function toFloat32(dtype: Dtype, bytes: Bytes): Float32Array {
  switch (dtype) {
    case 'F32':
      return view(Float32Array, bytes);
    case 'F64':
      return new Float32Array(view(Float64Array, bytes));
    case 'F16':
      return halfToFloat(view(Uint16Array, bytes));
    case 'BF16':
      return brainToFloat(view(Uint16Array, bytes));
    case 'I64':
    case 'U64':
      return bigToFloat(wideIntegers(dtype, bytes));
    default:
      return new Float32Array(narrowIntegers(dtype, bytes));
  }
}

/** The elements as i32. Throws UsageError for a float dtype and for a value that does not fit. `what` begins the error. */
export function toInt32(what: string, dtype: Dtype, bytes: Bytes): Int32Array {
  if (dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') {
    throw new UsageError('', `${what} is ${dtype}, expected integers. Read it with read() instead.`);
  }
  if (dtype === 'I32') return view(Int32Array, bytes);
  const wide = dtype === 'I64' || dtype === 'U64';
  const values = wide ? wideIntegers(dtype, bytes) : narrowIntegers(dtype, bytes);
  const ints = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < -0x80000000 || value > 0x7fffffff) {
      throw new UsageError(
        '',
        `${what} has ${value} at index ${i}, expected −2³¹ to 2³¹ − 1. Read it with read(), which rounds to f32.`,
      );
    }
    ints[i] = Number(value);
  }
  return ints;
}

type WideInteger = 'I64' | 'U64';
type NarrowInteger = Exclude<Dtype, WideInteger | 'F64' | 'F32' | 'F16' | 'BF16'>;

function wideIntegers(dtype: WideInteger, bytes: Bytes): BigInt64Array | BigUint64Array {
  return dtype === 'I64' ? view(BigInt64Array, bytes) : view(BigUint64Array, bytes);
}

function narrowIntegers(dtype: NarrowInteger, bytes: Bytes) {
  switch (dtype) {
    case 'I32':
      return view(Int32Array, bytes);
    case 'I16':
      return view(Int16Array, bytes);
    case 'I8':
      return view(Int8Array, bytes);
    case 'U32':
      return view(Uint32Array, bytes);
    case 'U16':
      return view(Uint16Array, bytes);
    case 'U8':
      return bytes;
    case 'BOOL':
      return bytes.map((value) => (value === 0 ? 0 : 1));
  }
}

interface ViewConstructor<View> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): View;
}

/** A view of the same memory if it is aligned, else a copy. */
function view<View>(Type: ViewConstructor<View>, bytes: Bytes): View {
  const aligned = bytes.byteOffset % Type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  const length = bytes.byteLength / Type.BYTES_PER_ELEMENT;
  return new Type(aligned.buffer, aligned.byteOffset, length);
}

function bigToFloat(values: BigInt64Array | BigUint64Array): Float32Array {
  const floats = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) floats[i] = Number(values[i]);
  return floats;
}

/** A bf16 is the upper half of an f32. */
function brainToFloat(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

/** The f32 bits of every f16, computed at first use: 256 KiB instead of a branch per element. */
let halfBits: Uint32Array | undefined;

function halfToFloat(halves: Uint16Array): Float32Array {
  halfBits ??= Uint32Array.from({ length: 0x10000 }, (_, half) => floatBitsOfHalf(half));
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halfBits[halves[i]];
  return new Float32Array(bits.buffer);
}

/**
 * The f16 nearest to each value, ties to even. Values beyond its range, from 65,520 on, become ±Infinity.
 */
export function floatToHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, halfOfFloatBits);
}

function halfOfFloatBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff - 127 + 15) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent >= 0x1f) return sign | 0x7c00;
  if (exponent < -10) return sign;
  // A subnormal has the leading 1 among its bits. A carry of the rounding goes into the exponent, as it should.
  const whole = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + Number(rest > half || (rest === half && (kept & 1) === 1)));
}

/** f16 is 1 sign, 5 exponent (bias 15) and 10 fraction bits; f32 is 1, 8 (bias 127) and 23. */
function floatBitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent - 15 + 127) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // brings the leading 1 of a subnormal to bit 10
  return sign | ((1 - shift - 15 + 127) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
