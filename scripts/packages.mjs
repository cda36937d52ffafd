// The packages of this repository, in the order in which they are built, and the files that each holds.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Folders of the packages: each imports only those before it. */
export const folders = ['packages/core', 'packages/forecast', 'packages/server', 'packages/mamba-ts', 'lab'];

/** Those that are published. */
export const published = folders.filter((folder) => folder.startsWith('packages/'));

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Files below `folder`, relative to `root`, with forward slashes. */
export function listFiles(root, folder) {
  if (!existsSync(`${root}/${folder}`)) return [];
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listFiles(root, path) : [path];
  });
}

/** What the build makes of src/ and, in the core, of kernels/. `root` is the folder of a package. */
export function distFiles(root) {
  const scripts = listFiles(root, 'src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/^src\/(.*)\.ts$/, 'dist/$1'));
  const wasm = existsSync(`${root}/kernels`) ? ['dist/backend/mamba.wasm', 'dist/backend/mamba-relaxed.wasm'] : [];
  return [...scripts.flatMap((file) => [`${file}.js`, `${file}.d.ts`]), ...wasm];
}

/** What a tarball of `npm pack` holds, no more and no less. */
export function packedFiles(root) {
  const data = listFiles(root, 'data').filter((file) => !file.endsWith('.ts'));
  const kernels = listFiles(root, 'kernels').filter((file) => /\.(cpp|h|inc)$/.test(file));
  return ['package.json', 'README.md', 'LICENSE', ...data, ...kernels, ...distFiles(root)].sort();
}
