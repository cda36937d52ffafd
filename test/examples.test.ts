/** The example at the head of every package's index runs, and prints what its comments say. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it.each(readdirSync(`${root}/packages`))('packages/%s/src/index.ts', async (name) => {
  const source = readFileSync(`${root}/packages/${name}/src/index.ts`, 'utf8');
  const example = /^ \* @example\n((?: \*.*\n)*?)(?= \* @| \*\/)/m.exec(source)?.[1];
  expect(example, 'an @example in the head comment').toBeDefined();
  const code = example!.replace(/^ \* ?/gm, '');
  // console.log(…); // what it prints
  const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, printed]) => printed);
  expect(expected.length).toBeGreaterThan(0);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: root });
  expect(stdout.trimEnd().split('\n')).toEqual(expected);
});
