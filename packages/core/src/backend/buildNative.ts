/** A process that builds the native library and removes the lock of the build: node buildNative.js LOCK */
import { rm } from 'node:fs/promises';
import { findNativeLibrary } from './nativeLibrary.ts';

const [lock] = process.argv.slice(2);
try {
  await findNativeLibrary();
} catch {
  // The reason is kept next to the library; `mamba-ts doctor --build` shows it.
} finally {
  if (lock !== undefined) await rm(lock, { force: true });
}
