/**
 * Where kernels run: a heap of addresses, a way to call a kernel, and threads.
 *
 * Everything above this room knows a device by this interface alone.
 */
import { UsageError } from '../errors.ts';
import type { KernelArguments, KernelName, Pointer } from './kernelTable.ts';

export type DeviceName = 'native' | 'wasm' | 'webgpu';

export interface Region {
  readonly address: Pointer;
  readonly bytes: number;
}

export interface Device {
  readonly name: DeviceName;
  /** Threads that a kernel's range is divided among. */
  readonly threads: number;
  /** f32 lanes of one vector register. */
  readonly lanes: number;
  /** Columns in one panel of a packed matrix (`gemm_pack`). */
  readonly panel: number;
  /** Independent multiply-add chains of `probe_fma`, for who computes its rate. */
  readonly probeChains: number;
  /** One line for people: the instruction set, the compiler or file. */
  readonly description: string;
  /** A new region of at least `bytes` bytes, 64-byte aligned. Throws when there is no memory left. */
  grow(bytes: number): Region;
  /** Runs `kernel` over [0, total) in parts that are multiples of `grain`. */
  run<K extends KernelName>(kernel: K, total: number, grain: number, ...values: KernelArguments[K]): void;
  /** Floats of scratch that one unit of `scan_backward` needs. */
  scanScratch(states: number, chunk: number): number;
  /** Floats of scratch that one unit of `ssd_forward` and `ssd_backward` needs. */
  ssdScratch(states: number, channels: number, chunk: number, chunked: boolean): number;
  /** Floats of scratch that one unit of `mamba3_forward` and `mamba3_backward` needs. */
  mamba3Scratch(states: number, channels: number, chunk: number, rank: number): number;
  read(address: Pointer, target: Float32Array | Int32Array): void;
  write(address: Pointer, source: Float32Array | Int32Array): void;
  close(): void;
}

/** Slots that the arguments of one call are written to (MAX_SLOTS in kernels/pool.h). */
export const MAX_SLOTS = 64;
export const MAX_THREADS = 64;

/** The thread count to use: `asked`, else every core there is. Refuses what cannot work. */
export function threadCount(asked: number | undefined): number {
  const cores = availableCores();
  if (asked === undefined) return Math.min(cores, MAX_THREADS);
  if (!Number.isInteger(asked) || asked < 1 || asked > MAX_THREADS) {
    throw new UsageError(
      'openBackend',
      `threads is ${asked}, expected a whole number from 1 to ${MAX_THREADS}. ` +
        `Leave it out to use the ${cores} cores here.`,
    );
  }
  return asked;
}

function availableCores(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os');
  return os ? os.availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1);
}
