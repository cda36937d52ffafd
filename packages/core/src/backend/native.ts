/**
 * The native device: the same kernels as a shared library, called through koffi.
 *
 * Addresses are those of the process. They stay below 2^53, so a JavaScript number holds them exactly.
 */
import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';
import { type Device, type Region, threadCount } from './device.ts';
import { lanes } from './kernels/all.ts';
import { MAX_SLOTS } from './kernels/pool.ts';
import { cachedNativeLibrary, findNativeLibrary } from './nativeLibrary.ts';

type NumberFunction = (...args: number[]) => number;

interface Library {
  dispatch(kernel: number, slots: Float64Array, total: number, grain: number, threads: number): void;
  startWorkers(count: number): void;
  mapPages(bytes: number): number;
  unmapPages(address: number, bytes: number): void;
  copyOut(to: Float32Array | Int32Array, from: number, bytes: number): void;
  copyIn(to: number, from: Float32Array | Int32Array, bytes: number): void;
  /** A function of `count` whole numbers to a whole number. */
  numberFunction(name: string, count: number): NumberFunction;
}

/**
 * `compiles`: whether the library is built if it is not in the cache; else a process of its own begins to build it.
 * Throws where there is no koffi for this platform, or no compiler.
 */
export async function openNative(options: { threads?: number } = {}, compiles = true): Promise<Device> {
  const threads = threadCount(options.threads);
  const { path, compiler } = await (compiles ? findNativeLibrary() : cachedNativeLibrary());
  const library = await loadLibrary(path);
  library.startWorkers(threads - 1);
  return new NativeDevice(library, threads, compiler);
}

async function loadLibrary(path: string): Promise<Library> {
  let koffi: typeof import('koffi');
  try {
    koffi = nodeModule('module').createRequire(import.meta.url)('koffi');
  } catch (error) {
    throw new UsageError(
      'native',
      `koffi, which calls native libraries, does not load here (${(error as Error).message.split('\n')[0]}). ` +
        'Reinstall without --omit=optional, or use the wasm backend.',
    );
  }
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(path);
  } catch (error) {
    throw new UsageError(
      'native',
      `${path} does not load (${(error as Error).message}). Delete it, or use the wasm backend.`,
    );
  }
  return {
    dispatch: library.func('dispatch', 'void', ['int', 'void *', 'int', 'int', 'int']),
    startWorkers: library.func('start_workers', 'void', ['int']),
    mapPages: library.func('map_pages', 'double', ['double']),
    unmapPages: library.func('unmap_pages', 'void', ['double', 'double']),
    copyOut: library.func('copy_out', 'void', ['void *', 'double', 'double']),
    copyIn: library.func('copy_in', 'void', ['double', 'void *', 'double']),
    numberFunction: (name, count) => library.func(name, 'int', new Array(count).fill('int')),
  };
}

class NativeDevice implements Device {
  readonly name = 'native';
  readonly lanes: number;
  readonly description: string;
  readonly slots = new Float64Array(MAX_SLOTS);
  private readonly functions = new Map<string, NumberFunction>();
  /** Results of functions without arguments. */
  private readonly constants = new Map<string, number>();
  private regions: Region[] = [];

  constructor(
    private readonly library: Library,
    readonly threads: number,
    compiler: string,
  ) {
    this.lanes = lanes(this);
    this.description = `${this.lanes * 32}-bit SIMD, ${compiler}, ${threads} thread${threads > 1 ? 's' : ''}`;
  }

  grow(bytes: number): Region {
    const address = this.library.mapPages(bytes);
    if (!address) {
      const used = this.regions.reduce((total, region) => total + region.bytes, 0);
      const size = (n: number) => `${(n / 2 ** 20).toFixed(0)} MiB`;
      throw new UsageError(
        'native',
        `the system gave no ${size(bytes)} more on top of the ${size(used)} in use. Use a smaller model, batch or block.`,
      );
    }
    const region = { address, bytes };
    this.regions.push(region);
    return region;
  }

  run(kernel: number, total: number, grain: number): void {
    if (total > 0) this.library.dispatch(kernel, this.slots, total, grain, this.threads);
  }

  call(name: string, ...args: number[]): number {
    const known = args.length === 0 ? this.constants.get(name) : undefined;
    if (known !== undefined) return known;
    const value = this.functionOf(name, args.length)(...args);
    if (args.length === 0) this.constants.set(name, value);
    return value;
  }

  private functionOf(name: string, count: number): NumberFunction {
    const known = this.functions.get(name);
    if (known) return known;
    const found = this.library.numberFunction(name, count);
    this.functions.set(name, found);
    return found;
  }

  read(address: number, target: Float32Array | Int32Array): void {
    if (target.length) this.library.copyOut(target, address, target.byteLength);
  }

  write(address: number, source: Float32Array | Int32Array): void {
    if (source.length) this.library.copyIn(address, source, source.byteLength);
  }

  close(): void {
    for (const { address, bytes } of this.regions) this.library.unmapPages(address, bytes);
    this.regions = [];
  }
}
