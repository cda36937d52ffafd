/**
 * The WASM device: one module over one memory, in Node and in browsers.
 *
 * Threads are workers that instantiate the same module over the same shared memory, each with its
 * own stack. In a page that is not cross-origin isolated there is one thread.
 */
import { UsageError } from '../errors.ts';
import { packageBytes, packageFile } from '../packageFile.ts';
import { type Device, type Region, threadCount } from './device.ts';
import { lanes } from './kernels/all.ts';
import { MAX_SLOTS } from './kernels/pool.ts';
import { canShareMemory, startWorker, type WasmWorker } from './wasmThreads.ts';

const PAGE = 65536;
/** The module is linked for up to 4 GiB. A browser that cannot reserve that much gets less. */
const MAX_PAGES = [65536, 32768, 16384];
const STACK_BYTES = 1 << 20;

export async function openWasm(options: { threads?: number } = {}): Promise<Device> {
  const requested = threadCount(options.threads);
  const threads = canShareMemory() ? requested : 1;
  const relaxed = supportsRelaxedSimd();
  const module = await compileModule(relaxed);
  const memory = reserveMemory();
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const device = new WasmDevice(memory, instance.exports, threads, relaxed);
  await device.startWorkers(module);
  return device;
}

class WasmDevice implements Device {
  readonly name = 'wasm';
  readonly lanes: number;
  readonly description: string;
  readonly slots: Float64Array;
  private readonly slotsAddress: number;
  private readonly dispatch: (kernel: number, slots: number, total: number, grain: number, threads: number) => void;
  private top: number;
  private workers: WasmWorker[] = [];

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly exports: WebAssembly.Exports,
    readonly threads: number,
    relaxed: boolean,
  ) {
    this.lanes = lanes(this);
    this.description = `WebAssembly, 128-bit SIMD${relaxed ? ' (relaxed)' : ''}, ${threads} thread${threads > 1 ? 's' : ''}`;
    this.dispatch = exports.dispatch as WasmDevice['dispatch'];
    this.slotsAddress = align((exports.__heap_base as WebAssembly.Global).value);
    this.slots = new Float64Array(memory.buffer, this.slotsAddress, MAX_SLOTS);
    this.top = this.slotsAddress + MAX_SLOTS * 8;
  }

  async startWorkers(module: WebAssembly.Module): Promise<void> {
    for (let index = 1; index < this.threads; index++) {
      const { address } = this.grow(STACK_BYTES);
      const message = {
        module,
        memory: this.memory,
        stackPointer: address + STACK_BYTES,
      };
      this.workers.push(await startWorker(message));
    }
  }

  grow(bytes: number): Region {
    const address = align(this.top);
    const missing = address + bytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        const size = (n: number) => `${(n / 2 ** 20).toFixed(0)} MiB`;
        throw new UsageError(
          'wasm',
          `no room for ${size(bytes)} more on top of the ${size(this.top)} in use (WebAssembly addresses 4 GiB). ` +
            'Use a smaller model, batch or block, or the native backend.',
        );
      }
    }
    this.top = address + bytes;
    return { address, bytes };
  }

  run(kernel: number, total: number, grain: number): void {
    if (total > 0) this.dispatch(kernel, this.slotsAddress, total, grain, this.threads);
  }

  call(name: string, ...args: number[]): number {
    return (this.exports[name] as (...args: number[]) => number)(...args);
  }

  read(address: number, target: Float32Array | Int32Array): void {
    const view = target instanceof Float32Array ? Float32Array : Int32Array;
    target.set(new view(this.memory.buffer, address, target.length));
  }

  write(address: number, source: Float32Array | Int32Array): void {
    const view = source instanceof Float32Array ? Float32Array : Int32Array;
    new view(this.memory.buffer, address, source.length).set(source);
  }

  close(): void {
    (this.exports.dismiss as () => void)();
    for (const worker of this.workers) worker.end();
    this.workers = [];
  }
}

const align = (address: number) => Math.ceil(address / 64) * 64;

function reserveMemory(): WebAssembly.Memory {
  let reason: unknown;
  for (const maximum of MAX_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: 64, maximum, shared: true });
    } catch (error) {
      reason = error;
    }
  }
  throw new UsageError(
    'wasm',
    `this runtime has no shared WebAssembly memory (${reason}). Use a newer browser or Node ≥ 20.19.`,
  );
}

/** A module of one function that uses i8x16.relaxed_swizzle. */
const RELAXED_PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  15,
  1,
  13,
  0,
  65,
  1,
  253,
  15,
  65,
  2,
  253,
  15,
  253,
  128,
  2,
  11,
);

function supportsRelaxedSimd(): boolean {
  if (WebAssembly.validate(RELAXED_PROBE)) return true;
  // In Node 20 it is behind a flag, which may be set at runtime.
  const v8 = globalThis.process?.getBuiltinModule?.('node:v8');
  v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(RELAXED_PROBE);
}

// The compiled module of each variant, shared by all backends of this process.
const modules = new Map<boolean, Promise<WebAssembly.Module>>();

function compileModule(relaxed: boolean): Promise<WebAssembly.Module> {
  const known = modules.get(relaxed);
  if (known) return known;
  // Both URLs are literal: bundlers find assets by this form.
  const url = packageFile(() =>
    relaxed ? new URL('./mamba-relaxed.wasm', import.meta.url) : new URL('./mamba.wasm', import.meta.url),
  );
  const compiled = packageBytes(url).then((bytes) => WebAssembly.compile(bytes));
  modules.set(relaxed, compiled);
  return compiled;
}
