/** The README's first example prints what the README says. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(`${root}/README.md`, 'utf8');
const block = (language: string) => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? '';

it('prints what the README says', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', block('js')], {
    cwd: root,
  });
  expect(`${stdout.trimEnd()}\n`).toBe(block('text'));
  expect(block('js').trimEnd().split('\n').length).toBeLessThanOrEqual(11);
});
