import { describe, expect, it } from 'vitest';
import { backends, nativeBackend } from '../../../../test/support/backends.ts';
import type { BackendName } from '../../src/backend/open.ts';
import { openBackend } from '../../src/tensor/backend.ts';

const named = (name: unknown, threads?: unknown) =>
  openBackend(name as BackendName, { threads } as { threads?: number });

describe('openBackend', () => {
  it.each([0, -1, 1.5, 65, 10_000, NaN, Infinity, '2', null])(
    'refuses %s threads, on every backend',
    async (threads) => {
      const message = `openBackend: threads is ${threads}, expected a whole number from 1 to 64. Leave it out to use the`;
      for (const name of ['wasm', 'native', 'auto']) await expect(named(name, threads)).rejects.toThrow(message);
    },
  );

  it.each(['cuda', '', 'WASM', 'toString', '__proto__', 'constructor', null, 3])('refuses %j', async (name) => {
    await expect(named(name)).rejects.toThrow(
      `openBackend: the backend is '${name}', expected 'auto', 'native' or 'wasm'.`,
    );
  });

  it('says that there is no webgpu yet', async () => {
    await expect(named('webgpu')).rejects.toThrow(
      'webgpu: there is no WebGPU backend in this version. Use wasm or native.',
    );
  });

  it('opens the fastest one by default', async () => {
    const backend = await openBackend();
    expect(backend.name).toBe(nativeBackend ? 'native' : 'wasm');
    expect(backend.device.threads).toBeGreaterThan(0);
    backend.dispose();
  });

  it.each(backends)('says what $name is', ({ backend }) => {
    const { device } = backend;
    expect(device.description).toMatch(device.name === 'wasm' ? /^WebAssembly, 128-bit SIMD/ : /^\d+-bit SIMD, /);
    expect(device.description).toMatch(new RegExp(`, ${device.threads} threads?$`));
    expect([4, 8, 16]).toContain(device.lanes);
  });

  it('opens and disposes many, at the same time and one after the other', async () => {
    for (const name of nativeBackend ? (['wasm', 'native'] as const) : (['wasm'] as const)) {
      for (let round = 0; round < 3; round++) {
        const many = await Promise.all([1, 2, 3].map((threads) => openBackend(name, { threads })));
        const tensors = many.map((backend, i) => backend.full([100_000], i));
        tensors.forEach((tensor, i) => {
          expect(tensor.read().every((value) => value === i)).toBe(true);
        });
        for (const backend of many) backend.dispose();
      }
    }
  });

  it.each(backends)('says how much memory is in use, and can still be used: $name', ({ backend }) => {
    // A petabyte: more than any address space gives.
    const shape = [2 ** 48];
    expect(() => backend.empty(shape)).toThrow(
      backend.name === 'wasm'
        ? /^wasm: no room for \d+ MiB more on top of the \d+ MiB in use \(WebAssembly addresses 4 GiB\)\. Use a smaller model, batch or block, or the native backend\.$/
        : /^native: the system gave no \d+ MiB more on top of the \d+ MiB in use\. Use a smaller model, batch or block\.$/,
    );
    const x = backend.full([3], 1);
    expect([...x.read()]).toEqual([1, 1, 1]);
    x.dispose();
  });
});
