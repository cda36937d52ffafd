/** Opens a device: the one that is named, or the fastest that works here. */
import { UsageError } from '../errors.ts';
import { BUILDING, type Device, type DeviceName } from './device.ts';
import { openWasm } from './wasm.ts';

/**
 * 'auto' is the fastest that works here at once: native kernels if they have been compiled, else WebAssembly, while they
 * are compiled for the next start. 'native' compiles them first. 'webgpu' is reserved: opening it throws.
 */
export type BackendName = 'auto' | 'webgpu' | DeviceName;

const openers: Record<DeviceName, (options: { threads?: number }) => Promise<Device>> = {
  native: (options) => openNative(options, true),
  wasm: openWasm,
};

/** How a device is opened. */
export interface OpenOptions {
  /** Default: one for each core. */
  threads?: number;
  /** Whether 'auto' compiles native kernels first, for up to a minute: for long work. Default: false. */
  compiles?: boolean;
}

/**
 * Whether native kernels can be used at once ('ready'), could be compiled ('possible'), or not ('none'): for a line before
 * a build.
 */
export async function nativeKernels(): Promise<'ready' | 'possible' | 'none'> {
  if (!globalThis.process?.versions?.node) return 'none';
  return (await import('./nativeLibrary.ts')).stateOfLibrary();
}

/** Throws a UsageError for an unknown name, and where the named device cannot run. */
export async function openDevice(name: BackendName = 'auto', options: OpenOptions = {}): Promise<Device> {
  if (name === 'auto') return openFastest(options);
  if (name === 'webgpu') {
    throw new UsageError('webgpu', 'there is no WebGPU backend in this version. Use wasm or native.');
  }
  const open = Object.hasOwn(openers, name) ? openers[name] : undefined;
  if (!open) {
    throw new UsageError('openBackend', `the backend is '${name}', expected 'auto', 'native' or 'wasm'.`);
  }
  return open(options);
}

async function openFastest(options: OpenOptions): Promise<Device> {
  try {
    return await openNative(options, options.compiles);
  } catch (error) {
    const device = await openWasm(options);
    const isBuilding = error instanceof UsageError && error.what === BUILDING;
    return isBuilding ? Object.assign(device, { notice: BUILDING }) : device;
  }
}

/** Pages do not load what calls native code. */
async function openNative(options: OpenOptions, compiles = false): Promise<Device> {
  if (!globalThis.process?.versions?.node) {
    throw new UsageError('native', 'this is not Node. Use the wasm backend in a browser.');
  }
  return (await import('./native.ts')).openNative(options, compiles);
}
