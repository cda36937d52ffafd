/** A thread of the WASM device: instantiates the module with its own stack, and works until it is dismissed. */
import type { WorkerStart } from './wasmThreads.ts';

interface Exports {
  work(): void;
  __stack_pointer: WebAssembly.Global;
}

const port = globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort;
const ready = () => (port ? port.postMessage('ready') : self.postMessage('ready'));

async function run({ module, memory, stackPointer }: WorkerStart): Promise<void> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  exports.__stack_pointer.value = stackPointer;
  ready();
  exports.work();
}

if (port) port.once('message', run);
else self.onmessage = (event: MessageEvent<WorkerStart>) => void run(event.data);
