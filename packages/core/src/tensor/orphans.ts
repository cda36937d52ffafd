/**
 * Storage made outside of any scope lives as long as JavaScript can reach it.
 *
 * The garbage collector does not see device memory: it knows of a few small objects that stand for gigabytes.
 * So when much of it is in use, `collectOrphans` asks for a collection and lets its callbacks run.
 */
import type { Storage } from './storage.ts';

/** Bytes made between two collections. */
const LIMIT = 256 << 20;

let bytes = 0;
let afterLast = 0;

const registry = new FinalizationRegistry<() => void>((release) => release());

/** Hands a storage to the garbage collector. */
export function orphan(storage: Storage): void {
  const { owner, address, bytes: size } = storage;
  bytes += size;
  const release = () => {
    bytes -= size;
    owner.release({ address, bytes: size });
  };
  registry.register(storage, release, storage);
}

/** Called when a storage is freed by hand, or taken by a scope. */
export function forget(storage: { readonly bytes: number }): void {
  if (registry.unregister(storage)) bytes -= storage.bytes;
}

/** Where much storage was made since the last collection: collects garbage, and lets what was found be freed. */
export async function collectOrphans(): Promise<void> {
  if (bytes < afterLast + LIMIT) return;
  collectGarbage();
  // The callbacks come as tasks of their own.
  await new Promise((resolve) => setTimeout(resolve, 0));
  afterLast = bytes;
}

let gc: (() => void) | undefined;

/** Node can be told to collect; a browser cannot. */
function collectGarbage(): void {
  const v8 = globalThis.process?.getBuiltinModule?.('node:v8');
  const vm = globalThis.process?.getBuiltinModule?.('node:vm');
  if (!gc && v8 && vm) {
    v8.setFlagsFromString('--expose-gc');
    gc = vm.runInNewContext('gc') as () => void;
  }
  gc?.();
}
