/** A device with its heap: makes tensors. The public face of a place where kernels run. */

import type { Device, DeviceName } from '../backend/device.ts';
import { type BackendName, openDevice } from '../backend/open.ts';
import { UsageError } from '../errors.ts';
import { Heap } from './heap.ts';
import { forget } from './orphans.ts';
import { adopt, hideFromScopes } from './scope.ts';
import { checkShape, type DType, product, type Shape, Storage, show, Tensor } from './tensor.ts';

export class Backend {
  readonly heap: Heap;
  private open = true;

  constructor(readonly device: Device) {
    this.heap = new Heap(device);
    hideFromScopes(this);
  }

  get disposed(): boolean {
    return !this.open;
  }

  get name(): DeviceName {
    return this.device.name;
  }

  /** Copies `data` into the backend. Throws when data.length differs from the product of shape. */
  tensor(data: Float32Array | readonly number[], shape: Shape): Tensor {
    checkCount('tensor', data, shape);
    const tensor = this.empty(shape);
    this.device.write(tensor.pointer, data instanceof Float32Array ? data : Float32Array.from(data));
    return tensor;
  }

  /** Copies whole numbers into the backend, as i32. */
  ints(data: Int32Array, shape: Shape): Tensor {
    checkCount('ints', data, shape);
    const tensor = this.empty(shape, 'i32');
    this.device.write(tensor.pointer, data);
    return tensor;
  }

  /** A tensor with whatever the memory holds: for kernels that write every value. */
  empty(shape: Shape, dtype: DType = 'f32'): Tensor {
    const bytes = 4 * product(shape);
    if (!this.open) throw new UsageError('', 'The backend was disposed. Open another with openBackend().');
    const storage = new Storage(this, this.heap.allocate(bytes), bytes);
    adopt(storage);
    return new Tensor(storage, shape, dtype);
  }

  full(shape: Shape, value: number): Tensor {
    checkShape('full', shape);
    const tensor = this.empty(shape);
    if (tensor.size) this.device.run('fill_rows', 1, 1, tensor.pointer, value, tensor.size, tensor.size);
    return tensor;
  }

  zeros(shape: Shape): Tensor {
    return this.full(shape, 0);
  }

  /** Called by a storage that is freed, or by the collector for one that nobody holds any more. */
  release(storage: { address: number; bytes: number }): void {
    forget(storage);
    if (this.open) this.heap.release(storage.address);
  }

  /** Ends the threads and frees all memory. Tensors of this backend cannot be used any more. */
  dispose(): void {
    if (!this.open) return;
    this.open = false;
    this.device.close();
  }
}

function checkCount(what: string, data: ArrayLike<number>, shape: Shape): void {
  checkShape(what, shape);
  if (data?.length !== product(shape)) {
    throw new UsageError(
      what,
      `${data?.length ?? 'no'} values, expected ${product(shape)} for shape ${show(shape)}. Give one value for each element.`,
    );
  }
}

/** 'auto' picks the fastest one that works here; a named one that cannot run throws and says why. */
export async function openBackend(name: BackendName = 'auto', options: { threads?: number } = {}): Promise<Backend> {
  return new Backend(await openDevice(name, options));
}
