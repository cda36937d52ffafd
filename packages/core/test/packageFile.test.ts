import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../src/errors.ts';
import { packageFile } from '../src/packageFile.ts';

describe('packageFile', () => {
  it('is the address of a file that is there', () => {
    expect(existsSync(packageFile(() => new URL('../src/packageFile.ts', import.meta.url)))).toBe(true);
  });

  it('leaves addresses of the web to whoever fetches them', () => {
    expect(packageFile(() => new URL('./mamba.wasm', 'https://example.org/assets/')).href).toBe(
      'https://example.org/assets/mamba.wasm',
    );
  });

  it.each([
    ['in CommonJS output, where import.meta is empty', () => new URL('./mamba.wasm', undefined)],
    ['in a bundle, from which the file is missing', () => new URL('file:///srv/app/mamba.wasm')],
  ])('says what to mark as external %s', (_, locate) => {
    expect(() => packageFile(locate)).toThrow(UsageError);
    expect(() => packageFile(locate)).toThrow('--external:@mamba-ts/*');
  });
});
