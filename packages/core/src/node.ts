/**
 * Node's built-in modules, without an import: the core stays bundlable for browsers.
 *
 *   const fs = nodeModule('fs/promises');
 */
import { UsageError } from './errors.ts';

/** The built-ins this project uses, by the name that follows `node:`. */
export interface NodeModules {
  child_process: typeof import('node:child_process');
  crypto: typeof import('node:crypto');
  fs: typeof import('node:fs');
  'fs/promises': typeof import('node:fs/promises');
  module: typeof import('node:module');
  os: typeof import('node:os');
  path: typeof import('node:path');
  url: typeof import('node:url');
  worker_threads: typeof import('node:worker_threads');
}

interface BuiltinHost {
  getBuiltinModule?(id: string): unknown;
}

/** The built-in module `node:<name>`. Throws in a browser and in Node before 20.16. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  const host = (globalThis as { process?: BuiltinHost }).process;
  const found = host?.getBuiltinModule?.(`node:${name}`);
  if (found === undefined) {
    throw new UsageError(
      '',
      `node:${name} is not available here, expected Node 20.19 or newer. ` +
        'In a browser, give bytes or a URL instead of a path.',
    );
  }
  return found as NodeModules[Name];
}
