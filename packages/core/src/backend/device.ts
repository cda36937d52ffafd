/**
 * Where kernels run: a heap of addresses, a way to call a kernel, and threads.
 *
 * The rest of the library uses a device through this interface only. A device knows no kernel: the functions in
 * kernels/, one for each kernel, write its arguments and pass its number.
 */
import { UsageError } from '../errors.ts';
import { MAX_THREADS } from './kernels/pool.ts';

export type DeviceName = 'native' | 'wasm';

/** What is said where a build has begun. */
export const BUILDING =
  'Native kernels are being compiled in the background, once; this run uses WebAssembly, the next one is faster.';

/** Memory that a device gave. */
export interface Region {
  readonly address: number;
  readonly bytes: number;
}

/** What a kernel reads or writes: anything with an address in the device's heap, such as a tensor. */
export interface Operand {
  readonly pointer: number;
}

/** An operand whose rows need not follow each other: `rowStride` values are between the starts of two rows. */
export interface Rows extends Operand {
  readonly rowStride: number;
}

export interface Device {
  readonly name: DeviceName;
  /** Threads that the range of a kernel is divided among. */
  readonly threads: number;
  /** f32 lanes of one vector register. */
  readonly lanes: number;
  /** One line for people: the instruction set, the compiler or file. */
  readonly description: string;
  /** A line for people about a faster device to come; undefined: none. */
  readonly notice?: string;
  /** A new region of at least `bytes` bytes, 64-byte aligned. Throws a UsageError when there is no memory left. */
  grow(bytes: number): Region;
  /** The arguments of the next kernel, in the order of its C++ signature; a null pointer is 0. */
  readonly slots: Float64Array;
  /** Runs a kernel over [0, total) in parts that are multiples of `grain`. Does nothing where total is 0. */
  run(kernel: number, total: number, grain: number): void;
  /** Calls an `EXPORT i32` function of kernels/ by its C++ name. Without arguments it is a constant of the device. */
  call(name: string, ...args: number[]): number;
  /** Copies memory from `address` on into `target`. */
  read(address: number, target: Float32Array | Int32Array): void;
  /** Copies `source` into memory from `address` on. */
  write(address: number, source: Float32Array | Int32Array): void;
  /** Ends the threads and gives the memory back. */
  close(): void;
}

/** The thread count to use: the requested one, or every core there is. Throws a UsageError for any other value. */
export function threadCount(requested: number | undefined): number {
  const cores = availableCores();
  if (requested === undefined) return Math.min(cores, MAX_THREADS);
  if (!Number.isInteger(requested) || requested < 1 || requested > MAX_THREADS) {
    throw new UsageError(
      'openBackend',
      `threads is ${requested}, expected a whole number from 1 to ${MAX_THREADS}. ` +
        `Leave it out to use the ${cores} cores here.`,
    );
  }
  return requested;
}

function availableCores(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os');
  return os ? os.availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1);
}
