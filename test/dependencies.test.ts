/** docs/dependencies.md names every dependency, under the package that has it, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}/docs/dependencies.md`, 'utf8');
const manifestOf = (folder: string) => JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'));
const isOwn = (name: string) => /^(@mamba-ts\/|mamba-ts$)/.test(name);

/** The names in the first column of the table below a heading. */
function listed(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).sort();
}

it.each(readdirSync(`${root}/packages`).map((name) => `packages/${name}`))('%s', (folder) => {
  const { name, dependencies, optionalDependencies, peerDependencies } = manifestOf(folder);
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  expect(listed(name)).toEqual(names.filter((name) => !isOwn(name)).sort());
});

it('development', () => {
  const names = Object.keys({ ...manifestOf('.').devDependencies, ...manifestOf('scripts/docs').devDependencies });
  // Types of packages without them, and the peer that tests need.
  const wanted = [...new Set(names)].filter((name) => !name.startsWith('@types/') && name !== 'date-holidays');
  expect(listed('Development')).toEqual(wanted.sort());
});
