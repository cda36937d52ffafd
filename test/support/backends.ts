/**
 * The backends that tests run on, opened once for each test file:
 *
 *   describe.each(backends)('softmax on $name', ({ backend }) => { … });
 */
import { describe, it } from 'vitest';
import { type Backend, openBackend } from '../../packages/core/src/tensor/backend.ts';

export interface TestBackend {
  name: string;
  backend: Backend;
}

const wasm1 = await openBackend('wasm', { threads: 1 });
const wasm2 = await openBackend('wasm', { threads: 2 });
const native = await openBackend('native', { threads: 2 }).catch((error: Error) => error);

export const backends: TestBackend[] = [
  { name: 'wasm with 1 thread', backend: wasm1 },
  { name: 'wasm with 2 threads', backend: wasm2 },
];
if (native instanceof Error) {
  describe('native', () => it.skip(`cannot be tested here: ${native.message}`, () => {}));
} else {
  backends.push({ name: `native (${native.device.description})`, backend: native });
}

/** A backend for tests that do not depend on it. */
export const anyBackend = wasm1;
export const nativeBackend = native instanceof Error ? undefined : native;
