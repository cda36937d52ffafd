/** Opens a device: the one that is named, or the fastest that works here. */
import { UsageError } from '../errors.ts';
import type { Device, DeviceName } from './device.ts';
import { openWasm } from './wasm.ts';

/** 'auto' is the fastest that works here. 'webgpu' is reserved: opening it throws. */
export type BackendName = 'auto' | 'webgpu' | DeviceName;

const openers: Record<DeviceName, (options: { threads?: number }) => Promise<Device>> = {
  native: openNative,
  wasm: openWasm,
};

/** Throws a UsageError for an unknown name, and where the named device cannot run. */
export async function openDevice(name: BackendName = 'auto', options: { threads?: number } = {}): Promise<Device> {
  if (name === 'auto') return openNative(options).catch(() => openWasm(options));
  if (name === 'webgpu') {
    throw new UsageError('webgpu', 'there is no WebGPU backend in this version. Use wasm or native.');
  }
  const open = Object.hasOwn(openers, name) ? openers[name] : undefined;
  if (!open) {
    throw new UsageError('openBackend', `the backend is '${name}', expected 'auto', 'native' or 'wasm'.`);
  }
  return open(options);
}

/** Pages do not load what calls native code. */
async function openNative(options: { threads?: number }): Promise<Device> {
  if (!globalThis.process?.versions?.node) {
    throw new UsageError('native', 'this is not Node. Use the wasm backend in a browser.');
  }
  return (await import('./native.ts')).openNative(options);
}
