/** The interface of tensor files of any format, and the checks of names and shapes that they share. */

import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import type { Dtype } from './dtypes.ts';

export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Row-major values. The caller owns the data. */
export interface TensorValues<Data> {
  shape: number[];
  data: Data;
}

export interface TensorFile {
  /** The path, URL or name it was opened with. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** A tensor of any dtype, converted to f32. Throws UsageError if there is no such tensor. */
  read(name: string): Promise<TensorValues<Float32Array>>;
  /** A tensor of integers or booleans as i32. Throws UsageError for float dtypes and for values that do not fit. */
  readInts(name: string): Promise<TensorValues<Int32Array>>;
  close(): Promise<void>;
}

/** The limit of torch. */
const MAX_RANK = 64;
/** Offsets of 8-byte elements are then safe integers. */
const MAX_ELEMENTS = 2 ** 50;

/** The product of `shape`. Throws UsageError, beginning with `what`, if it is not a list of whole numbers ≥ 0. */
export function elementCount(what: string, shape: unknown): number {
  const list = Array.isArray(shape) && shape.length <= MAX_RANK;
  if (!list || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new UsageError(
      '',
      `${what} has shape ${shown(shape)}, expected at most ${MAX_RANK} whole numbers ≥ 0. ` +
        'The file is damaged: get it again.',
    );
  }
  const sizes = shape as number[];
  // Zeros count as 1 here: (0, 2⁴⁰, 2⁴⁰) has no elements, but its strides overflow.
  if (sizes.reduce((product, size) => product * Math.max(size, 1), 1) > MAX_ELEMENTS) {
    throw new UsageError(
      '',
      `${what} has shape ${shown(shape)}, expected at most 2⁵⁰ elements. The file is damaged: get it again.`,
    );
  }
  return sizes.reduce((product, size) => product * size, 1);
}

/** Names with a special meaning in JavaScript objects. No honest file uses them. */
const RESERVED_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws UsageError, beginning with `what`, for a name that could change an object's prototype. */
export function checkName(what: string, name: string): void {
  if (!RESERVED_NAMES.has(name)) return;
  throw new UsageError('', `${what} is named ${shown(name)}, which is reserved. Rename it.`);
}

/** The entry of `name`. Throws UsageError with the nearest name if there is none. */
export function findTensor<Info>(file: string, tensors: ReadonlyMap<string, Info>, name: string): Info {
  const info = tensors.get(name);
  if (info !== undefined) return info;
  const advice =
    tensors.size === 0
      ? 'The file has no tensors.'
      : `Did you mean ${shown(closest(name, [...tensors.keys()]))}? It has ${tensors.size} tensors.`;
  throw new UsageError('', `${file} has no tensor ${shown(name)}. ${advice}`);
}
