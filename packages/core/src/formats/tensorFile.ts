/**
 * What every tensor file offers, whatever its format: names, shapes, and one tensor at a time.
 *
 *   const file = await openTensorFile('model.safetensors');
 *   const { shape, data } = await file.read('lm_head.weight');
 */

import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import type { Dtype } from './dtypes.ts';

export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Row-major values. The data is the caller's own copy. */
export interface TensorValues<Data> {
  shape: number[];
  data: Data;
}

export interface TensorFile {
  /** The path, URL or name that it was opened by. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Any dtype, converted to f32. Throws where there is no such tensor. */
  read(name: string): Promise<TensorValues<Float32Array>>;
  /** Integer dtypes and BOOL, as i32. Throws for float dtypes and for values that do not fit. */
  readInts(name: string): Promise<TensorValues<Int32Array>>;
  close(): Promise<void>;
}

/** As many dimensions as torch has. */
const MAX_RANK = 64;
/** 8-byte elements of it still have safe integers as offsets. */
const MAX_ELEMENTS = 2 ** 50;

/** The product of `shape`. Throws, naming `what`, where it is not a list of whole numbers ≥ 0. */
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

/** Names that mean something else to a JavaScript object: no file has an honest use for them. */
const RESERVED_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws, naming `what`, for a name that could reach into an object's prototype. */
export function checkName(what: string, name: string): void {
  if (!RESERVED_NAMES.has(name)) return;
  throw new UsageError('', `${what} is named ${shown(name)}, which is reserved. Rename it.`);
}

/** The entry of `name`. Throws, with the nearest name there is, where there is none. */
export function findTensor<Info>(file: string, tensors: ReadonlyMap<string, Info>, name: string): Info {
  const info = tensors.get(name);
  if (info !== undefined) return info;
  const advice =
    tensors.size === 0
      ? 'The file has no tensors.'
      : `Did you mean ${shown(closest(name, [...tensors.keys()]))}? It has ${tensors.size} tensors.`;
  throw new UsageError('', `${file} has no tensor ${shown(name)}. ${advice}`);
}
