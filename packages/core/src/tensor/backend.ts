/** Backends: a device, the heap of its memory, and the tensors made there. */
import type { Device, DeviceName } from '../backend/device.ts';
import { fillRows } from '../backend/kernels/memory.ts';
import { type BackendName, type OpenOptions, openDevice } from '../backend/open.ts';
import { UsageError } from '../errors.ts';
import { Heap } from './heap.ts';
import { forget } from './orphans.ts';
import { adopt } from './scope.ts';
import { held, Storage } from './storage.ts';
import { type Backend, checkShape, type DType, product, type Shape, show, Tensor } from './tensor.ts';

export type { Backend } from './tensor.ts';

class DeviceBackend implements Backend {
  readonly heap: Heap;
  disposed = false;

  constructor(readonly device: Device) {
    this.heap = new Heap(device);
  }

  get name(): DeviceName {
    return this.device.name;
  }

  tensor(data: Float32Array | readonly number[], shape: Shape): Tensor {
    checkCount('tensor', data, shape);
    const tensor = this.empty(shape);
    this.device.write(tensor.pointer, data instanceof Float32Array ? data : Float32Array.from(data));
    return tensor;
  }

  ints(data: Int32Array, shape: Shape): Tensor {
    checkCount('ints', data, shape);
    const tensor = this.empty(shape, 'i32');
    this.device.write(tensor.pointer, data);
    return tensor;
  }

  empty(shape: Shape, dtype: DType = 'f32'): Tensor {
    checkShape('empty', shape);
    const bytes = 4 * product(shape);
    if (this.disposed) throw new UsageError('', 'The backend was disposed. Open another with openBackend().');
    const storage = new Storage<Backend>(this, this.heap.allocate(bytes), bytes);
    adopt(storage);
    return new Tensor(storage, shape, dtype);
  }

  full(shape: Shape, value: number): Tensor {
    checkShape('full', shape);
    const tensor = this.empty(shape);
    // One long row.
    const { pointer, size } = tensor;
    if (size > 0) fillRows(this.device, 1, 1, { to: { pointer, rowStride: size } }, { value, width: size });
    return tensor;
  }

  zeros(shape: Shape): Tensor {
    return this.full(shape, 0);
  }

  /** Called by a storage that is freed, or by the garbage collector for one that nothing can reach. */
  release(storage: { readonly address: number; readonly bytes: number }): void {
    forget(storage);
    if (!this.disposed) this.heap.release(storage.address);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.device.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** No tensors: they belong to scopes. */
  [held](): readonly unknown[] {
    return [];
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

/** A backend on a device that was opened. */
export function backendOn(device: Device): Backend {
  return new DeviceBackend(device);
}

/** Whether a value is a backend. */
export function isBackend(value: unknown): value is Backend {
  return value instanceof DeviceBackend;
}

/**
 * Opens a backend. 'auto' is the fastest that works here at once: 'native', the kernels compiled by the C++ compiler of
 * this machine, or else 'wasm', which runs everywhere, while a process of its own compiles them for the next start
 * (`backend.device.notice` says so). 'native', and 'auto' with `compiles`, wait for the compiler.
 *
 *   using backend = await openBackend('wasm', { threads: 2 });
 *
 * `threads`: 1 to 64. Default: one for each core; in a page that is not cross-origin isolated, 1.
 *
 * Throws a UsageError that says why where the named backend cannot run here, and for an unknown name or thread count.
 */
export async function openBackend(name: BackendName = 'auto', options: OpenOptions = {}): Promise<Backend> {
  return backendOn(await openDevice(name, options));
}
