/**
 * A process that builds the native library: node buildNative.js LIBRARY.lock
 *
 * It removes the lock of the build. Where the build fails, LIBRARY.failed keeps the reason, so that the next start does not
 * try again; `mamba-ts doctor --build` does.
 */
import { rm, writeFile } from 'node:fs/promises';
import { findNativeLibrary } from './nativeLibrary.ts';

const [lock = ''] = process.argv.slice(2);
try {
  await findNativeLibrary();
} catch (error) {
  await writeFile(lock.replace(/\.lock$/, '.failed'), String((error as Error).message));
} finally {
  await rm(lock, { force: true });
}
