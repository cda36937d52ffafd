/** Starts the workers of the WASM device: node:worker_threads in Node, module workers in a page. */
import { UsageError } from '../errors.ts';
import { packageFile } from '../packageFile.ts';

export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  stackPointer: number;
}

export interface WasmWorker {
  end(): void;
}

// Not a literal in the URL for Node: a bundler would put a second copy into the page.
const WORKER = './wasmWorker.js';

/** Whether workers can share memory: always in Node, in a page when it is cross-origin isolated. */
export function canShareMemory(): boolean {
  return nodeThreads() !== undefined || (globalThis.crossOriginIsolated === true && typeof Worker !== 'undefined');
}

export function startWorker(start: WorkerStart): Promise<WasmWorker> {
  const threads = nodeThreads();
  if (threads) {
    // Without the options of this process: some of them, such as --input-type, cannot be used with a file.
    const worker = new threads.Worker(
      packageFile(() => new URL(WORKER, import.meta.url)),
      { execArgv: [] },
    );
    worker.unref();
    return new Promise((resolve, reject) => {
      worker.once('message', () => resolve({ end: () => void worker.terminate() }));
      worker.once('error', reject);
      worker.postMessage(start);
    });
  }
  // Bundlers find the script by this literal form.
  const worker = new Worker(new URL('./wasmWorker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve({ end: () => worker.terminate() });
    worker.onerror = (event) =>
      reject(
        new UsageError('wasm', `a worker did not start (${event.message}). Check the page's content security policy.`),
      );
    worker.postMessage(start);
  });
}

function nodeThreads(): typeof import('node:worker_threads') | undefined {
  return globalThis.process?.getBuiltinModule?.('node:worker_threads');
}
