/** Imports point one way: a package's folders import only those after them, and packages only what they list. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders and single files of the core, from the top: docs/architecture.md has their picture. */
const CORE = [
  ...['index', 'sequence', 'train', 'generate', 'inspect', 'models', 'families', 'layers', 'ssm', 'ops', 'tensor'],
  ...['data', 'table', 'tokenize', 'input', 'formats', 'math', 'random', 'schema', 'backend', 'packageFile', 'node'],
  'errors',
];

/** [file, what it imports], of every TypeScript file of a package. */
function importsOf(folder: string): [string, string][] {
  const src = join(root, folder, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      // Without the examples in comments.
      const source = readFileSync(join(src, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      const found = [...source.matchAll(/(?:from |import\()'([^']+)'/g)];
      return found.map(([, path]): [string, string] => [name, path]);
    });
}

const folderOf = (file: string) => file.split('/')[0].replace(/\.ts$/, '');

it('the core', () => {
  const upward = importsOf('packages/core')
    .filter(([, path]) => path.startsWith('.'))
    .map(([file, path]) => [folderOf(file), folderOf(new URL(path, `file:///${file}`).pathname.slice(1)), file])
    .filter(([from, to]) => from !== to && CORE.indexOf(from) >= CORE.indexOf(to))
    .map(([from, to, file]) => `${file}: ${from} imports ${to}`);
  expect(upward).toEqual([]);
});

it.each(['core', 'forecast', 'server', 'mamba-ts'])('packages/%s imports what it lists', (name) => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  const allowed = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
  const packageOf = (path: string) =>
    path
      .split('/')
      .slice(0, path.startsWith('@') ? 2 : 1)
      .join('/');
  const unlisted = importsOf(`packages/${name}`)
    .map(([file, path]) => [file, path] as const)
    .filter(([, path]) => /^(@?[a-z][\w-]*(?:\/|$))/.test(path) && !allowed.has(packageOf(path)))
    .map(([file, path]) => `${file}: ${path}`);
  expect(unlisted).toEqual([]);
});
