/**
 * The native device: the same kernels as a shared library, called through koffi.
 *
 * Addresses are real ones; they stay below 2^53, so that a JavaScript number holds them exactly.
 */
import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';
import { type Device, MAX_SLOTS, type Region, threadCount } from './device.ts';
import { type KernelArguments, type KernelName, kernelNames } from './kernelTable.ts';
import { findNativeLibrary } from './nativeLibrary.ts';

interface Library {
  dispatch(kernel: number, slots: Float64Array, total: number, grain: number, threads: number): void;
  startWorkers(count: number): void;
  lanes(): number;
  panelWidth(): number;
  probeChains(): number;
  scanScratch(states: number, chunk: number): number;
  ssdScratch(states: number, channels: number, chunk: number, chunked: number): number;
  mamba3Scratch(states: number, channels: number, chunk: number, rank: number): number;
  mapPages(bytes: number): number;
  unmapPages(address: number, bytes: number): void;
  copyOut(to: Float32Array | Int32Array, from: number, bytes: number): void;
  copyIn(to: number, from: Float32Array | Int32Array, bytes: number): void;
}

/** Throws where there is no koffi for this platform, or no compiler. */
export async function openNative(options: { threads?: number } = {}): Promise<Device> {
  const threads = threadCount(options.threads);
  const { path, compiler } = await findNativeLibrary();
  const library = await loadLibrary(path);
  library.startWorkers(threads - 1);
  return new NativeDevice(
    library,
    threads,
    `${library.lanes() * 32}-bit SIMD, ${compiler}, ${threads} thread${threads > 1 ? 's' : ''}`,
  );
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
    lanes: library.func('lanes', 'int', []),
    panelWidth: library.func('panel_width', 'int', []),
    probeChains: library.func('probe_chains', 'int', []),
    scanScratch: library.func('scan_scratch', 'int', ['int', 'int']),
    ssdScratch: library.func('ssd_scratch', 'int', ['int', 'int', 'int', 'int']),
    mamba3Scratch: library.func('mamba3_scratch', 'int', ['int', 'int', 'int', 'int']),
    mapPages: library.func('map_pages', 'double', ['double']),
    unmapPages: library.func('unmap_pages', 'void', ['double', 'double']),
    copyOut: library.func('copy_out', 'void', ['void *', 'double', 'double']),
    copyIn: library.func('copy_in', 'void', ['double', 'void *', 'double']),
  };
}

class NativeDevice implements Device {
  readonly name = 'native';
  readonly lanes: number;
  readonly panel: number;
  readonly probeChains: number;
  private readonly kernels = new Map<KernelName, number>(kernelNames.map((name, index) => [name, index]));
  private readonly slots = new Float64Array(MAX_SLOTS);
  private regions: Region[] = [];

  constructor(
    private readonly library: Library,
    readonly threads: number,
    readonly description: string,
  ) {
    this.lanes = library.lanes();
    this.panel = library.panelWidth();
    this.probeChains = library.probeChains();
  }

  grow(bytes: number): Region {
    const address = this.library.mapPages(bytes);
    if (!address) {
      const used = this.regions.reduce((total, region) => total + region.bytes, 0);
      const size = (n: number) => `${(n / 2 ** 20).toFixed(0)} MiB`;
      throw new UsageError(
        'native',
        `the system gave no ${size(bytes)} more beside the ${size(used)} in use. Use a smaller model, batch or block.`,
      );
    }
    const region = { address, bytes };
    this.regions.push(region);
    return region;
  }

  run<K extends KernelName>(kernel: K, total: number, grain: number, ...values: KernelArguments[K]): void {
    const slots = this.slots;
    for (let i = 0; i < values.length; i++) slots[i] = values[i] as number;
    this.library.dispatch(this.kernels.get(kernel) as number, slots, total, grain, this.threads);
  }

  scanScratch(states: number, chunk: number): number {
    return this.library.scanScratch(states, chunk);
  }

  ssdScratch(states: number, channels: number, chunk: number, chunked: boolean): number {
    return this.library.ssdScratch(states, channels, chunk, Number(chunked));
  }

  mamba3Scratch(states: number, channels: number, chunk: number, rank: number): number {
    return this.library.mamba3Scratch(states, channels, chunk, rank);
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
