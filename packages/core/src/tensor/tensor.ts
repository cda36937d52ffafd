/**
 * Tensors: f32 (or i32) values in a device's memory, row-major, channels last.
 *
 * A tensor is its own storage or a view of another's: a reshape, or a slice of the last axis, whose rows are then
 * `rowStride` values apart. Storage belongs to the scope it was made in (scope.ts), or, outside of any, to the
 * garbage collector.
 */
import type { Device, DeviceName } from '../backend/device.ts';
import { UsageError } from '../errors.ts';
import type { Heap } from './heap.ts';
import { collectOrphans } from './orphans.ts';
import type { Storage, StorageOwner } from './storage.ts';

export type Shape = readonly number[];
export type DType = 'f32' | 'i32';

/**
 * A device with its memory. It makes tensors, and operations run on the backend of their tensors.
 *
 *   using backend = await openBackend();
 *   const x = backend.tensor([1, 2, 3, 4], [2, 2]);
 */
export interface Backend extends StorageOwner {
  readonly name: DeviceName;
  readonly device: Device;
  /** The memory of its tensors: bytes in use, and at most in use. */
  readonly heap: Heap;
  readonly disposed: boolean;
  /** A tensor of `shape` with a copy of `data`. Throws a UsageError where data.length is not the product of shape. */
  tensor(data: Float32Array | readonly number[], shape: Shape): Tensor;
  /** An i32 tensor of `shape` with a copy of `data`. Throws a UsageError where the counts differ. */
  ints(data: Int32Array, shape: Shape): Tensor;
  /** A tensor with whatever the memory holds: for kernels that write every value. */
  empty(shape: Shape, dtype?: DType): Tensor;
  /** A tensor with `value` everywhere. */
  full(shape: Shape, value: number): Tensor;
  zeros(shape: Shape): Tensor;
  /** Ends the threads and frees all memory. Using a tensor of this backend throws from then on. */
  dispose(): void;
  /** dispose(), for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Values on a backend. Operations (add, linear, selectiveScan, …) return new tensors; they change none.
 *
 *   x.shape;          // [2, 2]
 *   await x.data();   // Float32Array [1, 2, 3, 4]
 */
export class Tensor {
  /** Product of the shape. */
  readonly size: number;

  constructor(
    readonly storage: Storage<Backend>,
    readonly shape: Shape,
    readonly dtype: DType = 'f32',
    /** Bytes from the start of the storage. */
    readonly offset = 0,
    /** Values between the starts of two rows of the last axis. */
    readonly rowStride: number = shape.at(-1) ?? 1,
    /** The tensor that this one is a view of. */
    readonly base?: Tensor,
  ) {
    this.size = product(shape);
  }

  get backend(): Backend {
    return this.storage.owner;
  }

  /** The address kernels use. */
  get pointer(): number {
    if (this.storage.freed) {
      throw new UsageError(
        '',
        `A tensor of shape ${show(this.shape)} was used after its memory was freed. ` +
          'Return it from the scope that made it, or keep it with keep().',
      );
    }
    if (this.backend.disposed) {
      throw new UsageError('', `A tensor of shape ${show(this.shape)} was used after its backend was disposed.`);
    }
    return this.storage.address + this.offset;
  }

  /** Values in a row of the last axis. */
  get width(): number {
    return this.shape.at(-1) ?? 1;
  }

  /** Rows of the last axis. */
  get rows(): number {
    return this.width === 0 ? 0 : this.size / this.width;
  }

  get isContiguous(): boolean {
    return this.rowStride === this.width;
  }

  /** A copy of the values, row-major. i32 values come as numbers too. */
  async data(): Promise<Float32Array> {
    await collectOrphans();
    return this.read();
  }

  /** As data(), without waiting. */
  read(): Float32Array {
    const values = this.dtype === 'f32' ? new Float32Array(this.size) : new Int32Array(this.size);
    if (this.isContiguous) {
      this.backend.device.read(this.pointer, values);
    } else {
      const { rows, width, pointer } = this;
      for (let r = 0; r < rows; r++) {
        this.backend.device.read(pointer + 4 * r * this.rowStride, values.subarray(r * width, (r + 1) * width));
      }
    }
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }

  /** Overwrites the values. Throws a UsageError where the count differs, and for a slice of another tensor. */
  write(data: Float32Array | readonly number[]): void {
    const source = data instanceof Float32Array ? data : Float32Array.from(data);
    if (source.length !== this.size) {
      throw new UsageError('write', `${source.length} values, expected ${this.size} for shape ${show(this.shape)}.`);
    }
    if (!this.isContiguous)
      throw new UsageError('write', 'the tensor is a slice of another. Write to the whole tensor.');
    this.storage.version++;
    this.backend.device.write(this.pointer, source);
  }

  /** Frees the memory now. Using the tensor throws from then on. */
  dispose(): void {
    this.storage.free();
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

export function product(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

export function checkShape(what: string, shape: Shape): void {
  if (!Array.isArray(shape) || !shape.every((d) => Number.isInteger(d) && d >= 0)) {
    const got = Array.isArray(shape) ? `[${shape.join(', ')}]` : String(shape);
    throw new UsageError(what, `the shape is ${got}, expected a list of whole numbers ≥ 0.`);
  }
}

/** A shape for messages: (2, 32, 8). */
export function show(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
