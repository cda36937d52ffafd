/** The examples of the READMEs print what the READMEs say. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readmes = ['README.md', ...readdirSync(`${root}/packages`).map((name) => `packages/${name}/README.md`)];

/** Blocks of JavaScript, each followed by the block of what it prints. */
const examplesOf = (page: string) =>
  [...readFileSync(`${root}/${page}`, 'utf8').matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map(
    ([, code, output]) => ({ page, code, output }),
  );

describe.each(readmes)('%s', (page) => {
  it.each(examplesOf(page))('prints what it says', async ({ code, output }) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: root });
    expect(`${stdout.trimEnd()}\n`).toBe(output);
  });

  it('has no example without its output', () => {
    const blocks = readFileSync(`${root}/${page}`, 'utf8').match(/^```js$/gm) ?? [];
    expect(blocks.length).toBeGreaterThan(0);
    expect(examplesOf(page)).toHaveLength(blocks.length);
  });
});

it('is short', () => {
  const text = readFileSync(`${root}/README.md`, 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(120);
  expect(examplesOf('README.md')[0].code.trimEnd().split('\n').length).toBeLessThanOrEqual(11);
});
