/** Every figure of the bench loads: what it imports from the built packages is there. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const figures = fileURLToPath(new URL('../bench/figures', import.meta.url));

it('has figures that load', async () => {
  const names = await readdir(figures);
  const program = names.map((name) => `await import('./${name}');`).join('\n');
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: figures });
  expect(names.length).toBeGreaterThan(10);
});
