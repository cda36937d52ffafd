/** What the documents point at is there: links, headings, and the paths that they name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const markdownBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  'lab/README.md',
  // The Markdown in lab/src is parts of docs/results.md, whose links are as there.
  ...['docs', 'packages', 'examples', 'bench', 'lab/data'].flatMap(markdownBelow),
];

/** GitHub's names of the headings of a page; those met before get a number. */
function anchorsOf(text: string): Set<string> {
  const met = new Map<string, number>();
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
      const anchor = anchorOf(heading);
      const count = met.get(anchor) ?? 0;
      met.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

const anchorOf = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

const prose = (page: string) => readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');

it.each(pages)('%s: links lead somewhere', (page) => {
  const broken = [...prose(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)/g)]
    .filter(([, path, anchor]) => {
      const target = path === '' ? page : join(dirname(page), decodeURI(path));
      if (!existsSync(join(root, target))) return true;
      if (!anchor || !target.endsWith('.md')) return false;
      const text = prose(target);
      return !anchorsOf(text).has(anchor.slice(1)) && !text.includes(`<a id="${anchor.slice(1)}">`);
    })
    .map(([link]) => link);
  expect(broken).toEqual([]);
});

/** Files that docs/adding-a-model.md tells its reader to write. */
const TO_WRITE = /minGru/;

it.each(pages.filter((page) => !page.startsWith('docs/api')))('%s: the paths it names exist', (page) => {
  // Paths such as src/ops/ are those of the page's package; in docs/ they are those of the core.
  const owner = /^(packages\/[\w-]+|lab)\//.exec(page)?.[1] ?? 'packages/core';
  const missing = [
    ...prose(page).matchAll(/`((?:packages|lab|docs|scripts|bench|examples|test|kernels|src)\/[\w./-]*\w\/?)`/g),
  ]
    .map(([, path]) => path)
    .filter((path) => !TO_WRITE.test(path))
    .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, owner, path)));
  expect(missing).toEqual([]);
});

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

it.each(pages)('%s: the commands it shows are there', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const files = [...text.matchAll(/\bnode ((?:scripts|bench|lab|dist|packages)\/[\w./-]+)/g)].map(([, path]) => path);
  const names = [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name]) => name);
  // They moved to `npm run lab --`.
  const moved = text.match(/mamba-ts (?:reproduce|theory)\b/g) ?? [];
  expect(files.filter((path) => !/^packages\/mamba-ts\/dist\//.test(path) && !existsSync(join(root, path)))).toEqual(
    [],
  );
  expect(names.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  expect(moved).toEqual([]);
});
